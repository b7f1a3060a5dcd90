/**
 * Millrace's public gRPC service instead of the Kinesis API. This package brings no gRPC: hand in a caller, such as
 * `publicGrpcClient` of `@millrace/rpc`.
 */
import type { UserRecord } from "@millrace/kinesis";
import { failureKind } from "./failure-kind.ts";
import {
  TransportError,
  type EntryOutcome,
  type ListedShard,
  type PutTransport,
  type PutTry,
} from "./put-transport.ts";

type Message = Readonly<Record<string, unknown>>;

/** What makes unary calls of `millrace.v1.Kinesis`. Messages are camelCase, bytes are Buffers; it never rejects. */
export interface GrpcCaller {
  call(
    method: string,
    request: Message,
    options: { readonly metadata: Readonly<Record<string, string>>; readonly signal: AbortSignal },
  ): Promise<
    | { readonly message: Message }
    | {
        readonly failure: {
          readonly code: number;
          readonly details: string;
          readonly trailers: Readonly<Record<string, string>>;
        };
      }
  >;
}

/** Metadata added to every call, for clusters that ask for signatures. `method` is `PutRecords` or `ListShards`. */
export type GrpcMetadata = (method: string) => Readonly<Record<string, string>>;

/** Status codes that say nothing about what was done: CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const UNKNOWN_OUTCOME = new Set([1, 2, 4, 13, 14, 15]);
const CLIENT_ERROR = 400;

/** `stream` is a name or an ARN. The caller stays the caller's: it is not closed. */
export function grpcTransport(caller: GrpcCaller, stream: string, metadata: GrpcMetadata = () => ({})): PutTransport {
  const address = stream.startsWith("arn:") ? { streamArn: stream } : { streamName: stream };
  const call = async (
    method: string,
    request: Message,
    tried: PutTry | undefined,
    signal: AbortSignal,
  ): Promise<Message> => {
    const identity =
      tried === undefined
        ? {}
        : { "amz-sdk-invocation-id": tried.invocationId, "amz-sdk-request": `attempt=${tried.attempt}` };
    const answer = await caller.call(method, request, { metadata: { ...metadata(method), ...identity }, signal });
    if ("message" in answer) return answer.message;
    const { code, details, trailers } = answer.failure;
    const name = trailers["kinesis-error-type"] ?? `status ${code}`;
    throw new TransportError(failureKind(name, UNKNOWN_OUTCOME.has(code) ? undefined : CLIENT_ERROR), name, details);
  };
  return {
    async putRecords(entries, tried, signal) {
      const records = entries.map(entryOf);
      const answer = await call("PutRecords", { ...address, records }, tried, signal);
      return ((answer["records"] ?? []) as readonly Message[]).map(outcomeOf);
    },
    async listShards(signal) {
      const found: ListedShard[] = [];
      let nextToken: unknown;
      do {
        const page = await call("ListShards", nextToken === undefined ? address : { nextToken }, undefined, signal);
        found.push(...((page["shards"] ?? []) as readonly Message[]).map(shardOf));
        nextToken = page["nextToken"];
      } while (nextToken !== undefined);
      return found;
    },
  };
}

function entryOf({ partitionKey, explicitHashKey, data }: UserRecord): Message {
  return explicitHashKey === undefined ? { partitionKey, data } : { partitionKey, explicitHashKey, data };
}

function outcomeOf(result: Message): EntryOutcome {
  const { shardId, sequenceNumber, errorCode, errorMessage } = result as Partial<Record<string, string>>;
  if (shardId !== undefined && sequenceNumber !== undefined) return { shardId, sequenceNumber };
  return { errorCode: errorCode ?? "NoOutcome", errorMessage: errorMessage ?? "" };
}

function shardOf(shard: Message): ListedShard {
  const range = shard["hashKeyRange"] as { startingHashKey: string; endingHashKey: string };
  const numbers = shard["sequenceNumberRange"] as { endingSequenceNumber?: string } | undefined;
  const { startingHashKey, endingHashKey } = range;
  return {
    shardId: shard["shardId"] as string,
    startingHashKey,
    endingHashKey,
    open: numbers?.endingSequenceNumber === undefined,
  };
}
