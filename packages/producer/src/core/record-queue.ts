/** First in, first out, with a way back to the front for what has to be sent again. Amortised O(1) at both ends. */
import type { PendingRecord } from "./pending-record.ts";

/** Below this many taken records the array is left as it is. */
const COMPACT_AT = 1024;

/** See the file comment. Bounded by the producer's buffer limits. */
export class RecordQueue {
  #records: PendingRecord[] = [];
  #head = 0;
  #bytes = 0;

  get count(): number {
    return this.#records.length - this.#head;
  }

  /** Bytes of the records, as {@link PendingRecord.bytes} counts them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The record at the front. */
  get first(): PendingRecord | undefined {
    return this.#records[this.#head];
  }

  /** All records, oldest first, while nothing is added or removed. */
  *records(): Generator<PendingRecord> {
    for (let index = this.#head; index < this.#records.length; index += 1) yield this.#records[index] as PendingRecord;
  }

  push(record: PendingRecord): void {
    this.#records.push(record);
    this.#bytes += record.bytes;
  }

  /** Puts `records` before all others, in their order. */
  unshift(records: readonly PendingRecord[]): void {
    for (const { bytes } of records) this.#bytes += bytes;
    this.#records = [...records, ...this.#records.slice(this.#head)];
    this.#head = 0;
  }

  /** Removes the first `count` records, but keeps those of them that `kept` names, in their order. */
  removeFront(count: number, kept: readonly PendingRecord[] = []): void {
    for (let index = 0; index < count; index += 1) this.#bytes -= this.#records[this.#head + index]?.bytes ?? 0;
    this.#head += count;
    if (kept.length > 0) this.unshift(kept);
    else if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#records.length) {
      this.#records = this.#records.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Removes and returns everything, oldest first. */
  drain(): PendingRecord[] {
    const taken = this.#records.slice(this.#head);
    this.#records = [];
    this.#head = 0;
    this.#bytes = 0;
    return taken;
  }
}
