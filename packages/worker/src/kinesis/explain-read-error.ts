/** Failures of reading a stream in words that say what to do, for whoever runs a worker. */
import type { KinesisClient } from "@aws-sdk/client-kinesis";
import { ServiceError } from "@millrace/base";
import { errorName, isThrottle, isTransient } from "./sdk-error.ts";
import type { OpenSource } from "./record-sources.ts";

/** What was asked for when it failed. */
export interface ReadRequest {
  readonly application: string;
  readonly stream: string;
  /** Undefined for what concerns the whole stream. */
  readonly shardId?: string;
}

/**
 * What the SDK threw, as one of our errors: USAGE for a stream that is not there and for a checkpoint of another stream,
 * THROTTLED, UNAVAILABLE with the address; everything else INTERNAL with the service's own words.
 */
export async function explainReadError(
  thrown: unknown,
  client: KinesisClient,
  request: ReadRequest,
): Promise<ServiceError> {
  if (thrown instanceof ServiceError) return thrown;
  const { application, stream, shardId } = request;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const options = { cause: thrown };
  if (errorName(thrown) === "ResourceNotFoundException") {
    const words = `there is no stream ${stream} at ${await endpointOf(client)}; it is read as soon as it is there`;
    return new ServiceError("USAGE", words, options);
  }
  if (shardId !== undefined && message.includes("did not come from this stream")) {
    const command = `millrace workers reset ${application} ${stream} ${shardId} --to trim-horizon --force`;
    const words = `the checkpoint is of another stream, which had the same name and was deleted; to begin anew: ${command}`;
    return new ServiceError("USAGE", words, options);
  }
  if (isThrottle(thrown)) return new ServiceError("THROTTLED", message, options);
  if (!isTransient(thrown)) return ServiceError.from(thrown);
  const answered = (thrown as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode !== undefined;
  const endpoint = await endpointOf(client);
  const words = answered ? `${endpoint} answers: ${message}` : `nothing answers at ${endpoint} (${message})`;
  return new ServiceError("UNAVAILABLE", words, options);
}

/** `open`, but its sources fail with explained errors. */
export function explainedSources(open: OpenSource, client: KinesisClient, application: string): OpenSource {
  return (lease, alive, happened) => {
    const source = open(lease, alive, happened);
    const { stream, shardId } = lease;
    return {
      async next(signal) {
        try {
          return await source.next(signal);
        } catch (error) {
          signal.throwIfAborted();
          throw await explainReadError(error, client, { application, stream, shardId });
        }
      },
      close: () => source.close(),
    };
  };
}

async function endpointOf(client: KinesisClient): Promise<string> {
  const endpoint = await client.config.endpoint?.();
  if (endpoint === undefined) return `Kinesis in ${await client.config.region()}`;
  const { protocol, hostname, port } = endpoint;
  return `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}`;
}
