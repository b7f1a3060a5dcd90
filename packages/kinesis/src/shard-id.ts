/** Shard ids as the API writes them and, leniently, reads them. */
import { resourceNotFound, type KinesisError } from "./kinesis-error.ts";

/** Names for messages about a stream. */
export interface StreamAddress {
  readonly accountId: string;
  readonly streamName: string;
}

const INDEX_MAX = 2_147_483_647;

/** `shardId-` and 12 digits. */
export function shardIdOf(shardIndex: number): string {
  return `shardId-${String(shardIndex).padStart(12, "0")}`;
}

/** The index `text` means: decimal digits after its first `-`, or all of it. Undefined when it means none. */
export function parseShardId(text: string): number | undefined {
  const digits = text.slice(text.indexOf("-") + 1);
  if (!/^\d+$/.test(digits)) return undefined;
  const index = Number(digits);
  return index <= INDEX_MAX ? index : undefined;
}

/** The answer when `text` means no shard at all, given before the stream is looked up; split and merge also use it later. */
export function couldNotFindShard(text: string, stream: StreamAddress): KinesisError {
  return resourceNotFound(
    `Could not find shard ${text} in stream ${stream.streamName} under account ${stream.accountId}.`,
  );
}

/** The answer of readers when the stream has no such shard, or is not there itself. */
export function shardDoesNotExist(shardIndex: number, stream: StreamAddress): KinesisError {
  return resourceNotFound(
    `Shard ${shardIdOf(shardIndex)} in stream ${stream.streamName} under account ${stream.accountId} does not exist`,
  );
}
