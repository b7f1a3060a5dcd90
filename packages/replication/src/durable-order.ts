/**
 * The one queue of a replica's journal writes: numbers them, knows which log end each one reaches, and runs what has to
 * wait until everything queued so far is durable (answers to Seal, adoption, …). Because there is one queue, an answer
 * can never overtake a write that was queued before it.
 */
import { assert } from "@millrace/base";

/** Answers to Seal and probes that may wait for the disk; callers refuse or ignore what comes beyond. */
const WAITING_MAX = 64;

interface Waiting {
  readonly writeNumber: number;
  readonly run: () => void;
}

/** See the file comment. */
export class DurableOrder {
  /** Number of the last write queued. */
  queued = 0;
  /** Number of the last write known to be durable. */
  durable = 0;
  /** Everything below is durable and part of the log as it stands now. */
  durableEnd: number;
  #numbers: number[] = [];
  #ends: number[] = [];
  #head = 0;
  readonly #waiting: Waiting[] = [];

  constructor(durableEnd: number) {
    this.durableEnd = durableEnd;
  }

  /** Whether more answers may be promised: a stalled disk and a patient asker must not fill the memory. */
  get hasRoom(): boolean {
    return this.#waiting.length < WAITING_MAX;
  }

  /** Numbers a write after which the log ends at `logEnd`. */
  write(logEnd: number): number {
    this.queued += 1;
    this.#numbers.push(this.queued);
    this.#ends.push(logEnd);
    return this.queued;
  }

  /** A cut to `logEnd` is about to be queued: no earlier write may claim more than that as durable any longer. */
  cut(logEnd: number): void {
    this.durableEnd = Math.min(this.durableEnd, logEnd);
    for (let index = this.#head; index < this.#ends.length; index += 1) {
      this.#ends[index] = Math.min(this.#ends[index] ?? 0, logEnd);
    }
  }

  /** Runs `run` when all that is queued now is durable: at once if it already is. */
  whenDurable(run: () => void): void {
    if (this.durable === this.queued) run();
    else this.#waiting.push({ writeNumber: this.queued, run });
  }

  /** Writes up to `writeNumber` are durable. Answers whether anything but a repetition followed from it. */
  advance(writeNumber: number): boolean {
    assert(writeNumber <= this.queued, "only queued writes become durable");
    if (writeNumber <= this.durable) return false;
    this.durable = writeNumber;
    while (this.#head < this.#numbers.length && (this.#numbers[this.#head] ?? 0) <= writeNumber) {
      this.durableEnd = Math.max(this.durableEnd, this.#ends[this.#head] ?? 0);
      this.#head += 1;
    }
    this.#compact();
    while (this.#waiting[0] !== undefined && this.#waiting[0].writeNumber <= writeNumber) this.#waiting.shift()?.run();
    return true;
  }

  /** Amortised: entries are dropped only when they are at least half of the arrays. */
  #compact(): void {
    if (this.#head === this.#numbers.length) {
      this.#numbers.length = 0;
      this.#ends.length = 0;
      this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 >= this.#numbers.length) {
      this.#numbers = this.#numbers.slice(this.#head);
      this.#ends = this.#ends.slice(this.#head);
      this.#head = 0;
    }
  }
}
