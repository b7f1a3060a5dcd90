/** A shard read by GetRecords: paced, through expired iterators, throttling and failing servers, to its end. */
import { ServiceError, sleep, type Clock, type Random } from "@millrace/base";
import type { ConsumeHappening } from "../handler/consume-event.ts";
import { errorName, isThrottle, isTransient } from "../kinesis/sdk-error.ts";
import { childShards, startOf, type GetRecordsOutput, type ReadPosition, type ShardApi } from "../kinesis/shard-api.ts";
import type { Lease } from "../lease/lease.ts";
import { withinDeadline } from "./deadline-signal.ts";
import { readBackoffMs } from "./read-backoff.ts";
import type { FetchedBatch, RecordSource } from "./record-source.ts";

/** How a shard is polled. */
export interface PollingOptions {
  /** Reads a second and shard. AWS allows 5, shared by all applications that poll the stream; Infinity does not wait. */
  readonly readsPerSecond: number;
  /** Wait after a read that found nothing. */
  readonly idleMs: number;
  /** Records a read asks for, at most 10,000. */
  readonly recordsMax: number;
}

/** AWS's five reads a second; an idle shard is read four times a second. */
export const defaultPolling: PollingOptions = { readsPerSecond: 5, idleMs: 250, recordsMax: 10_000 };

const READ_TIMEOUT_MS = 30_000;
/** LATEST is opened once. Should that iterator expire unused, reading goes on from this long before it was opened. */
const LATEST_MARGIN_MS = 5_000;

/** What a source needs besides its options. `alive` is called when the service answered, if only to refuse. */
export interface SourceParts {
  readonly api: ShardApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly alive: () => void;
  readonly happened: (happening: ConsumeHappening) => void;
}

/** See the file comment. */
export class PollingSource implements RecordSource {
  readonly #lease: Lease;
  readonly #options: PollingOptions;
  readonly #parts: SourceParts;
  #start: ReadPosition;
  #iterator: string | undefined;
  #nextReadMs = 0;
  #failures = 0;

  constructor(lease: Lease, options: PollingOptions, parts: SourceParts) {
    this.#lease = lease;
    this.#options = options;
    this.#parts = parts;
    this.#start = startOf(lease.checkpoint);
  }

  async next(signal: AbortSignal): Promise<FetchedBatch> {
    const { clock } = this.#parts;
    for (;;) {
      const waitMs = this.#nextReadMs - clock.monotonicMs();
      if (waitMs > 0) await sleep(clock, waitMs, signal);
      signal.throwIfAborted();
      const sentMs = clock.monotonicMs();
      try {
        const answer = await this.#read(signal);
        this.#failures = 0;
        const spacingMs = 1_000 / this.#options.readsPerSecond;
        const isIdle = answer.Records === undefined || answer.Records.length === 0;
        this.#nextReadMs = sentMs + (isIdle ? Math.max(spacingMs, this.#options.idleMs) : spacingMs);
        return await this.#batchOf(answer, signal);
      } catch (error) {
        signal.throwIfAborted();
        const ended = await this.#afterFailure(error, signal);
        if (ended !== undefined) return ended;
      }
    }
  }

  close(): void {
    this.#iterator = undefined;
  }

  #read(signal: AbortSignal): Promise<GetRecordsOutput> {
    const { api, clock } = this.#parts;
    const { stream, shardId } = this.#lease;
    return withinDeadline(clock, READ_TIMEOUT_MS, signal, async (limited) => {
      if (this.#iterator === undefined) {
        const start = this.#start;
        if (start.type === "LATEST") {
          this.#start = { type: "AT_TIMESTAMP", timestamp: new Date(clock.nowMs() - LATEST_MARGIN_MS) };
        }
        try {
          this.#iterator = await api.iterator(stream, shardId, start, limited);
        } catch (error) {
          this.#start = start;
          throw error;
        }
      }
      return api.getRecords(this.#iterator, this.#options.recordsMax, limited);
    });
  }

  async #batchOf(answer: GetRecordsOutput, signal: AbortSignal): Promise<FetchedBatch> {
    const { Records: records = [], MillisBehindLatest: millisBehindLatest = 0 } = answer;
    const { stream } = this.#lease;
    this.#iterator = answer.NextShardIterator;
    const ended = this.#iterator === undefined;
    const named = ended ? childShards(stream, answer.ChildShards ?? []) : [];
    // Some servers end a shard without naming its children, and a listing knows whether it has ended at all.
    const lineage = ended && named.length === 0 ? await this.#lineage(signal) : undefined;
    // Only now: had the listing failed, the answer would have to be read again.
    const last = records.at(-1)?.SequenceNumber;
    if (last !== undefined) this.#start = { type: "AFTER_SEQUENCE_NUMBER", sequenceNumber: last };
    if (!ended || lineage?.open === true) return { records, millisBehindLatest };
    return { records, millisBehindLatest, children: lineage?.children ?? named };
  }

  /** Waits are set for the next turn of the loop; answers a last batch when the shard no longer exists. */
  async #afterFailure(error: unknown, signal: AbortSignal): Promise<FetchedBatch | undefined> {
    const { clock, random, alive, happened } = this.#parts;
    if (errorName(error) === "ExpiredIteratorException") {
      this.#iterator = undefined;
      happened({ kind: "reopened", reason: "iterator-expired" });
      return undefined;
    }
    if (errorName(error) === "ResourceNotFoundException") return this.#vanished(error, signal);
    this.#failures += 1;
    const waitMs = readBackoffMs(this.#failures, random);
    if (isThrottle(error)) {
      alive();
      happened({ kind: "throttled", waitMs });
    } else if (isTransient(error)) happened({ kind: "read-failed", error, waitMs });
    else throw error;
    this.#nextReadMs = clock.monotonicMs() + waitMs;
    return undefined;
  }

  /** A shard that is no longer listed has ended unread; a stream that is not there is a mistake somebody can mend. */
  async #vanished(error: unknown, signal: AbortSignal): Promise<FetchedBatch> {
    const { open, children } = await this.#lineage(signal);
    if (open) throw ServiceError.from(error);
    return { records: [], millisBehindLatest: 0, children };
  }

  #lineage(signal: AbortSignal): ReturnType<ShardApi["lineageOf"]> {
    const { api, clock } = this.#parts;
    const { stream, shardId } = this.#lease;
    return withinDeadline(clock, READ_TIMEOUT_MS, signal, (limited) => api.lineageOf(stream, shardId, limited));
  }
}
