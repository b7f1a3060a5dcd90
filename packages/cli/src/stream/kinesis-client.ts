/**
 * The API as `produce` and `tail` use it. The only file of the CLI that knows the AWS SDK. The SDK retries nothing here:
 * what may be repeated is decided by the callers.
 */
import { ServiceError } from "@millrace/base";
import { explainSilence } from "./explain-silence.ts";
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  ListStreamsCommand,
  type GetRecordsOutput,
  type GetShardIteratorInput,
  type Shard,
  type StreamDescriptionSummary,
} from "@aws-sdk/client-kinesis";

export type { GetRecordsOutput, GetShardIteratorInput, Shard };

const DEFAULT_ENDPOINT = "http://127.0.0.1:4567";
/** Where a service does not say: the largest record unless UpdateMaxRecordSize raised it. */
const RECORD_KIB_DEFAULT = 1024;
/** How many streams a refusal names. */
const STREAMS_NAMED = 10;
const POLL_MS = 100;
const BECOMES_ACTIVE_WITHIN_MS = 60_000;

/** Where the API is. */
export interface ClientOptions {
  readonly endpoint?: string;
  readonly region?: string;
}

/** A client of the SDK. `attemptsMax` is the SDK's own number of tries; its default when not given. Errors: USAGE. */
export function kinesisClient(options: ClientOptions, attemptsMax?: number): KinesisClient {
  const configured = process.env["AWS_ACCESS_KEY_ID"] !== undefined || process.env["AWS_PROFILE"] !== undefined;
  return new KinesisClient({
    endpoint: endpointOf(options),
    region: options.region ?? process.env["AWS_REGION"] ?? process.env["AWS_DEFAULT_REGION"] ?? "us-east-1",
    ...(attemptsMax === undefined ? {} : { maxAttempts: attemptsMax }),
    // A cluster without configured credentials accepts any; one that has some says so in its answer.
    ...(configured ? {} : { credentials: { accessKeyId: "millrace", secretAccessKey: "millrace" } }),
  });
}

function endpointOf(options: ClientOptions): string {
  const endpoint = options.endpoint ?? process.env["MILLRACE_ENDPOINT"] ?? DEFAULT_ENDPOINT;
  if (URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol)) return endpoint;
  throw new ServiceError("USAGE", `the endpoint must be a URL such as ${DEFAULT_ENDPOINT}, not "${endpoint}"`);
}

/** See the file comment. */
export class StreamClient {
  readonly endpoint: string;
  readonly stream: string;
  readonly #client: KinesisClient;

  constructor(stream: string, options: ClientOptions) {
    this.stream = stream;
    this.endpoint = endpointOf(options);
    this.#client = kinesisClient({ ...options, endpoint: this.endpoint }, 1);
  }

  /** The stream's status, or undefined when it does not exist. Errors: UNAVAILABLE with advice when nobody answers, USAGE for no name of a stream. */
  async status(): Promise<string | undefined> {
    return (await this.#summary())?.StreamStatus;
  }

  /** The largest record the stream takes, partition key included. */
  async recordBytesMax(): Promise<number> {
    return 1024 * ((await this.#summary())?.MaxRecordSizeInKiB ?? RECORD_KIB_DEFAULT);
  }

  async #summary(): Promise<StreamDescriptionSummary | undefined> {
    try {
      const answer = await this.#client.send(new DescribeStreamSummaryCommand({ StreamName: this.stream }));
      return answer.StreamDescriptionSummary;
    } catch (error) {
      if (errorName(error) === "ResourceNotFoundException") return undefined;
      if (errorName(error) === "ValidationException") throw noName(this.stream, error);
      if (!isConnectionFailure(error)) throw error;
      throw new ServiceError("UNAVAILABLE", await explainSilence(this.endpoint), { cause: error });
    }
  }

  /** The first streams there are, by name. */
  async someStreams(): Promise<{ readonly names: readonly string[]; readonly more: boolean }> {
    const answer = await this.#client.send(new ListStreamsCommand({ Limit: STREAMS_NAMED }));
    return { names: answer.StreamNames ?? [], more: answer.HasMoreStreams === true };
  }

  /** Creates the stream and waits until it takes records. */
  async create(shards: number): Promise<void> {
    await this.#client.send(new CreateStreamCommand({ StreamName: this.stream, ShardCount: shards }));
    await this.awaitActive();
  }

  /** Waits while the stream is being created. Errors: DEADLINE. */
  async awaitActive(): Promise<void> {
    const giveUpMs = performance.now() + BECOMES_ACTIVE_WITHIN_MS;
    for (;;) {
      const status = await this.status();
      if (status === "ACTIVE" || status === "UPDATING") return;
      if (performance.now() > giveUpMs) throw new ServiceError("DEADLINE", `${this.stream} stays ${String(status)}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** All shards that still hold data or take records. */
  async shards(): Promise<Shard[]> {
    const found: Shard[] = [];
    let token: string | undefined;
    do {
      const request = token === undefined ? { StreamName: this.stream } : { NextToken: token };
      const page = await this.#client.send(new ListShardsCommand(request));
      found.push(...(page.Shards ?? []));
      token = page.NextToken;
    } while (token !== undefined);
    return found;
  }

  /** An iterator of one shard. */
  async iterator(position: Omit<GetShardIteratorInput, "StreamName" | "StreamARN">): Promise<string> {
    const answer = await this.#client.send(new GetShardIteratorCommand({ StreamName: this.stream, ...position }));
    if (answer.ShardIterator === undefined) throw new ServiceError("INTERNAL", "the answer holds no iterator");
    return answer.ShardIterator;
  }

  /** At most `countMax` records from `iterator` on. */
  getRecords(iterator: string, countMax: number = 10_000): Promise<GetRecordsOutput> {
    return this.#client.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: countMax }));
  }

  close(): void {
    this.#client.destroy();
  }
}

function noName(stream: string, cause: unknown): ServiceError {
  const rule = "1 to 128 of the characters a-z, A-Z, 0-9, _, . and -";
  return new ServiceError("USAGE", `"${stream}" is not the name of a stream, which is ${rule}`, { cause });
}

/** The API's name of an error, e.g. `ExpiredIteratorException`; empty when it is not one. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

/** Whether the same request may succeed later: throttling, an internal failure, or no answer at all. */
export function isRetryable(error: unknown): boolean {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  if (status !== undefined && status >= 500) return true;
  return (
    /Throughput|Throttling|LimitExceeded|RequestTimeout|KMSThrottling/.test(errorName(error)) ||
    isConnectionFailure(error)
  );
}

/** Node's error codes, and the SDK's names, for a connection that failed before or while an answer came. */
function isConnectionFailure(error: unknown): boolean {
  const { code, name } = error as { code?: string; name?: string };
  if (/^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ERR_HTTP2|ERR_STREAM|ENOTFOUND)/.test(code ?? ""))
    return true;
  if (name === "TimeoutError" || name === "AggregateError") return true;
  return (
    error instanceof Error && /http2 request did not get a response|socket hang up|Unexpected error/.test(error.message)
  );
}
