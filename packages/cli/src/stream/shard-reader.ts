/** Reads one shard from a start to its end, through expired iterators, throttling and failing nodes. */
import { backoff } from "./backoff.ts";
import { errorName, isRetryable, type GetRecordsOutput, type StreamClient } from "./kinesis-client.ts";

/** AWS allows five reads a second and shard. */
const IDLE_POLL_MS = 210;
/** Repetitions without any success after which a reader gives up (about two minutes). */
const ATTEMPTS_MAX = 70;

/** Where to begin. */
export type ShardStart =
  | { readonly type: "TRIM_HORIZON" | "LATEST" }
  | { readonly type: "AT_TIMESTAMP"; readonly timestamp: Date };

/** Answers of GetRecords in order; the last one names the child shards. Ends early when `signal` aborts. */
export async function* readShard(
  client: StreamClient,
  shardId: string,
  start: ShardStart,
  signal: AbortSignal,
): AsyncGenerator<GetRecordsOutput> {
  let iterator: string | undefined;
  let lastSequenceNumber: string | undefined;
  for (let attempt = 0; !signal.aborted;) {
    try {
      iterator ??= await openIterator(client, shardId, start, lastSequenceNumber);
      const answer = await client.getRecords(iterator);
      attempt = 0;
      lastSequenceNumber = answer.Records?.at(-1)?.SequenceNumber ?? lastSequenceNumber;
      iterator = answer.NextShardIterator;
      yield answer;
      if (iterator === undefined) return;
      if (answer.Records?.length === 0) await pause(IDLE_POLL_MS, signal);
    } catch (error) {
      attempt += 1;
      if (errorName(error) === "ExpiredIteratorException") iterator = undefined;
      else if (!isRetryable(error) || attempt > ATTEMPTS_MAX) throw error;
      await backoff(attempt);
    }
  }
}

function openIterator(
  client: StreamClient,
  shardId: string,
  start: ShardStart,
  after: string | undefined,
): Promise<string> {
  if (after !== undefined) {
    return client.iterator({
      ShardId: shardId,
      ShardIteratorType: "AFTER_SEQUENCE_NUMBER",
      StartingSequenceNumber: after,
    });
  }
  const timestamp = start.type === "AT_TIMESTAMP" ? { Timestamp: start.timestamp } : {};
  return client.iterator({ ShardId: shardId, ShardIteratorType: start.type, ...timestamp });
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, delayMs);
    signal.addEventListener("abort", finish);
  });
}
