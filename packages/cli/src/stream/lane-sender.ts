/**
 * Puts the records of one shard in order, one batch at a time. Because a batch goes to one shard it succeeds or fails as a
 * whole in Millrace, and is repeated as a whole under the same invocation id, which the cluster stores once even when the
 * first answer was lost. Elsewhere a batch can fail in part; then the failed records alone are sent again, before any later one.
 */
import { ServiceError } from "@millrace/base";
import { backoff } from "./backoff.ts";
import {
  errorName,
  isRetryable,
  newInvocationId,
  type PutRecordsRequestEntry,
  type PutRecordsResultEntry,
} from "./kinesis-client.ts";

/** PutRecords' own limits, with room for keys. */
const BATCH_RECORDS_MAX = 500;
const BATCH_BYTES_MAX = 1024 * 1024;
/** How long one batch is tried again before giving up. */
const GIVE_UP_AFTER_MS = 120_000;

/** Counts shared by all lanes. */
export interface ProduceCounts {
  records: number;
  bytes: number;
  retries: number;
  /** Records that a later record of their shard overtook: only possible where a batch can fail in part. */
  overtaken: number;
}

/** The put operation of {@link StreamClient}. */
export type PutBatch = (records: PutRecordsRequestEntry[], invocationId: string) => Promise<PutRecordsResultEntry[]>;

/** See the file comment. */
export class LaneSender {
  readonly #put: PutBatch;
  readonly #counts: ProduceCounts;
  #waiting: PutRecordsRequestEntry[] = [];
  #sending: Promise<void> | undefined;

  constructor(put: PutBatch, counts: ProduceCounts) {
    this.#put = put;
    this.#counts = counts;
  }

  /** Takes one record. Resolves when there is room for the next; rejects when a batch has failed for good. */
  async push(record: PutRecordsRequestEntry): Promise<void> {
    this.#waiting.push(record);
    if (this.#waiting.length >= BATCH_RECORDS_MAX * 2) await this.#sending;
    void this.#start();
  }

  /** Resolves when everything taken is stored. */
  async flush(): Promise<void> {
    while (this.#waiting.length > 0 || this.#sending !== undefined) await this.#start();
  }

  #start(): Promise<void> {
    if (this.#sending === undefined) {
      this.#sending = this.#pump();
      // Whoever waits for it next gets the failure; until then it is not an unhandled one.
      this.#sending.catch(() => undefined);
    }
    return this.#sending;
  }

  async #pump(): Promise<void> {
    // The records read in this turn of the event loop go together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) await this.#deliver(this.#takeBatch());
    this.#sending = undefined;
  }

  #takeBatch(): PutRecordsRequestEntry[] {
    let bytes = 0;
    let count = 0;
    for (const record of this.#waiting) {
      bytes += (record.Data?.length ?? 0) + Buffer.byteLength(record.PartitionKey ?? "");
      if (count === BATCH_RECORDS_MAX || (count > 0 && bytes > BATCH_BYTES_MAX)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #deliver(batch: PutRecordsRequestEntry[]): Promise<void> {
    const giveUpMs = performance.now() + GIVE_UP_AFTER_MS;
    let left = batch;
    let invocationId = newInvocationId();
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#attempt(left, invocationId);
      if (outcome.failed.length === 0) break;
      if (performance.now() > giveUpMs) {
        throw new ServiceError("UNAVAILABLE", `gave up after ${GIVE_UP_AFTER_MS / 1000} s: ${outcome.why}`);
      }
      // A part stored, a part not: the rest is a batch of its own from here on.
      if (outcome.failed.length < left.length) invocationId = newInvocationId();
      left = outcome.failed;
      this.#counts.retries += 1;
      await backoff(attempt);
    }
    this.#counts.records += batch.length;
    for (const record of batch) this.#counts.bytes += record.Data?.length ?? 0;
  }

  async #attempt(
    records: PutRecordsRequestEntry[],
    invocationId: string,
  ): Promise<{ failed: PutRecordsRequestEntry[]; why: string }> {
    let results: PutRecordsResultEntry[];
    try {
      results = await this.#put(records, invocationId);
    } catch (error) {
      if (!isRetryable(error)) throw new ServiceError("USAGE", refusal(error), { cause: error });
      return { failed: records, why: refusal(error) };
    }
    const failed = records.filter((_, index) => results[index]?.SequenceNumber === undefined);
    const firstFailed = results.findIndex((result) => result.SequenceNumber === undefined);
    if (firstFailed === -1) return { failed, why: "" };
    if (results.slice(firstFailed).some((result) => result.SequenceNumber !== undefined)) {
      this.#counts.overtaken += failed.length;
    }
    const { ErrorCode, ErrorMessage } = results[firstFailed] ?? {};
    return { failed, why: `${ErrorCode ?? "no result"}: ${ErrorMessage ?? ""}` };
  }
}

function refusal(error: unknown): string {
  return `${errorName(error)}: ${error instanceof Error ? error.message : String(error)}`;
}
