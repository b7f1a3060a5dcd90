/** The Kinesis API through a client of the AWS SDK for JavaScript v3: the only file that knows the SDK. */
import {
  ListShardsCommand,
  PutRecordsCommand,
  type KinesisClient,
  type PutRecordsRequestEntry,
  type Shard,
} from "@aws-sdk/client-kinesis";
import type { UserRecord } from "@millrace/kinesis";
import { failureKind } from "./failure-kind.ts";
import { TransportError, type EntryOutcome, type ListedShard, type PutTransport } from "./put-transport.ts";

export type { KinesisClient } from "@aws-sdk/client-kinesis";

type PutMiddleware = Parameters<PutRecordsCommand["middlewareStack"]["addRelativeTo"]>[0];

/** `stream` is a name or an ARN. The client stays the caller's: it is not destroyed. */
export function kinesisTransport(client: KinesisClient, stream: string): PutTransport {
  const address = stream.startsWith("arn:") ? { StreamARN: stream } : { StreamName: stream };
  return {
    async putRecords(entries, invocationId, signal) {
      const command = new PutRecordsCommand({ ...address, Records: entries.map(entryOf) });
      // Inside the SDK's own retries, so that they too keep the identity.
      command.middlewareStack.addRelativeTo(withHeader("amz-sdk-invocation-id", invocationId), {
        name: "millraceInvocationId",
        relation: "after",
        toMiddleware: "retryMiddleware",
      });
      const answer = await orTransportError(client.send(command, { abortSignal: signal }));
      return (answer.Records ?? []).map(outcomeOf);
    },
    async listShards(signal) {
      const found: ListedShard[] = [];
      let token: string | undefined;
      do {
        const request = token === undefined ? address : { NextToken: token };
        const page = await orTransportError(client.send(new ListShardsCommand(request), { abortSignal: signal }));
        found.push(...(page.Shards ?? []).map(shardOf));
        token = page.NextToken;
      } while (token !== undefined);
      return found;
    },
  };
}

function entryOf({ partitionKey, explicitHashKey, data }: UserRecord): PutRecordsRequestEntry {
  const entry = { PartitionKey: partitionKey, Data: data };
  return explicitHashKey === undefined ? entry : { ...entry, ExplicitHashKey: explicitHashKey };
}

function outcomeOf(result: {
  readonly ShardId?: string | undefined;
  readonly SequenceNumber?: string | undefined;
  readonly ErrorCode?: string | undefined;
  readonly ErrorMessage?: string | undefined;
}): EntryOutcome {
  const { ShardId: shardId, SequenceNumber: sequenceNumber, ErrorCode, ErrorMessage } = result;
  if (shardId !== undefined && sequenceNumber !== undefined) return { shardId, sequenceNumber };
  return { errorCode: ErrorCode ?? "NoOutcome", errorMessage: ErrorMessage ?? "" };
}

function shardOf({ ShardId, HashKeyRange, SequenceNumberRange }: Shard): ListedShard {
  return {
    shardId: ShardId ?? "",
    startingHashKey: HashKeyRange?.StartingHashKey ?? "0",
    endingHashKey: HashKeyRange?.EndingHashKey ?? "0",
    open: SequenceNumberRange?.EndingSequenceNumber === undefined,
  };
}

async function orTransportError<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const { name, message, $metadata } = error as Error & { readonly $metadata?: { readonly httpStatusCode?: number } };
    throw new TransportError(failureKind(name, $metadata?.httpStatusCode), name, message, error);
  }
}

function withHeader(name: string, value: string): PutMiddleware {
  return ((next: (args: unknown) => unknown) => (args: { request: { headers: Record<string, string> } }) => {
    args.request.headers[name] = value;
    return next(args);
  }) as unknown as PutMiddleware;
}
