/** Every record in the producer's hands: how much they are, what became of them, and who waits for that. */
import { assert } from "@millrace/base";
import { ProducerError, type ProducerErrorCode } from "../producer-error.ts";
import type { PendingRecord, PutResult } from "./pending-record.ts";
import type { ProducerCounts } from "./producer-counts.ts";
import { RECORD_OVERHEAD_BYTES, type ProducerSettings } from "./producer-settings.ts";

type BufferLimits = Pick<ProducerSettings, "bufferBytesMax" | "bufferRecordsMax">;

interface Flush {
  readonly number: number;
  left: number;
  readonly onDone: () => void;
}

/** See the file comment. Whoever is taken is settled exactly once. */
export class RecordLedger {
  readonly #limits: BufferLimits;
  readonly #counts: ProducerCounts;
  readonly #flushes: Flush[] = [];
  #bytes = 0;
  #records = 0;
  #lastNumber = 0;

  constructor(limits: BufferLimits, counts: ProducerCounts) {
    this.#limits = limits;
    this.#counts = counts;
  }

  /** Bytes held, with the overhead of each record. */
  get bytes(): number {
    return this.#bytes;
  }

  get records(): number {
    return this.#records;
  }

  /** The number of the last record taken. */
  get lastNumber(): number {
    return this.#lastNumber;
  }

  /** Whether less than half of the buffer is in use: above that, those who can wait should. */
  get hasRoom(): boolean {
    const { bufferBytesMax, bufferRecordsMax } = this.#limits;
    return this.#bytes < bufferBytesMax / 2 && this.#records < bufferRecordsMax / 2;
  }

  /** Whether a record of `bytes` may be taken now. An empty buffer takes any. */
  accepts(bytes: number): boolean {
    if (this.#records === 0) return true;
    const { bufferBytesMax, bufferRecordsMax } = this.#limits;
    return this.#records < bufferRecordsMax && this.#bytes + bytes + RECORD_OVERHEAD_BYTES <= bufferBytesMax;
  }

  take(record: PendingRecord): void {
    assert(record.number === this.#lastNumber + 1, "records are numbered in the order of their puts");
    this.#lastNumber = record.number;
    this.#records += 1;
    this.#bytes += record.bytes + RECORD_OVERHEAD_BYTES;
    this.#counts.records += 1;
  }

  /** Calls back once every record taken so far is settled. */
  whenSettled(onDone: () => void): void {
    if (this.#records === 0) onDone();
    else this.#flushes.push({ number: this.#lastNumber, left: this.#records, onDone });
  }

  stored(record: PendingRecord, result: PutResult, nowMs: number): void {
    if (record.settled) return;
    this.#counts.storedRecords += 1;
    this.#counts.storedBytes += record.data.length;
    this.#counts.putSeconds.observe((nowMs - record.arrivedMs) / 1_000);
    this.#settled(record);
    record.resolve(result);
    this.#tellFlushes(record);
  }

  giveUp(record: PendingRecord, code: ProducerErrorCode, message: string, cause?: unknown): void {
    if (record.settled) return;
    this.#counts.failedRecords[code] = (this.#counts.failedRecords[code] ?? 0) + 1;
    const { attempts, mayBeStored } = record;
    this.#settled(record);
    record.reject(new ProducerError(code, message, { attempts, mayBeStored, cause }));
    this.#tellFlushes(record);
  }

  expired(record: PendingRecord, nowMs: number): void {
    const waitedMs = Math.round(nowMs - record.arrivedMs);
    const why = record.lastFailure === "" ? "" : `; the last failure was ${record.lastFailure}`;
    this.giveUp(record, "EXPIRED", `not stored within ${waitedMs} ms${why}`);
  }

  #settled(record: PendingRecord): void {
    record.settled = true;
    record.stopWatching?.();
    this.#records -= 1;
    this.#bytes -= record.bytes + RECORD_OVERHEAD_BYTES;
  }

  #tellFlushes(record: PendingRecord): void {
    if (this.#flushes.length === 0) return;
    for (const flush of this.#flushes) if (record.number <= flush.number) flush.left -= 1;
    while (this.#flushes[0]?.left === 0) this.#flushes.shift()?.onDone();
  }
}
