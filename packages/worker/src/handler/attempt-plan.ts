/**
 * What to do with records whose handler fails: try again, then halve to find the record at fault, then set that one aside,
 * so that one bad record neither stops its neighbours nor is ever skipped in silence. Pure: the caller runs the handler,
 * waits and writes the dead letter, and says how it went.
 *
 * Invariant: records are settled (handled or dead-lettered) strictly in order; everything before {@link AttemptPlan.settled}
 * is settled, nothing from it on.
 */
import { assert } from "@millrace/base";

/** How often, how long apart, and what comes after the last attempt. */
export interface RetryPolicy {
  /** Attempts on the whole batch before it is halved, and on a single record before it is exhausted. At least 1. */
  readonly attemptsMax: number;
  /** Whether a batch that keeps failing is halved; without it the whole batch shares one fate. */
  readonly bisect: boolean;
  /** Wait after the first failure; doubles with each further one in a row. */
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
  /** What becomes of records whose attempts are used up: set aside, or tried for ever (the shard waits). */
  readonly whenExhausted: "dead-letter" | "retry";
}

/** What an application chooses of a {@link RetryPolicy}: whether records can be set aside depends on there being a place for them. */
export type RetryOptions = Omit<RetryPolicy, "whenExhausted">;

/** Three attempts, halving, 100 ms to 10 s between attempts. */
export const defaultRetryOptions: RetryOptions = {
  attemptsMax: 3,
  bisect: true,
  backoffMinMs: 100,
  backoffMaxMs: 10_000,
};

/** What to do next with the records from index `from` to before `to`. */
export type AttemptStep =
  | { readonly kind: "attempt"; readonly from: number; readonly to: number; readonly attempt: number }
  | { readonly kind: "dead-letter"; readonly from: number; readonly to: number; readonly attempts: number }
  | { readonly kind: "done" };

/** How an attempt failed. */
export interface AttemptFailure {
  /** Records at the start of the range that are handled all the same. Less than the range's length. */
  readonly handled: number;
  /** Whether the handler named the record at fault (the one after those handled): then only that one is exhausted. */
  readonly pinpointed: boolean;
}

interface Range {
  from: number;
  readonly to: number;
  attempts: number;
  readonly attemptsMax: number;
}

/** See the file comment. */
export class AttemptPlan {
  readonly #policy: RetryPolicy;
  readonly #count: number;
  /** What is left, the next range last. */
  readonly #ranges: Range[];
  #exhausted = false;
  #failuresInRow = 0;

  constructor(count: number, policy: RetryPolicy) {
    assert(policy.attemptsMax >= 1, "a handler is called at least once");
    this.#policy = policy;
    this.#count = count;
    this.#ranges = count === 0 ? [] : [{ from: 0, to: count, attempts: 0, attemptsMax: policy.attemptsMax }];
  }

  /** Records at the start that are handled or dead-lettered. */
  get settled(): number {
    return this.#ranges.at(-1)?.from ?? this.#count;
  }

  /** Answers the same until it is told how it went. */
  next(): AttemptStep {
    const range = this.#ranges.at(-1);
    if (range === undefined) return { kind: "done" };
    const { from, to, attempts } = range;
    if (this.#exhausted) return { kind: "dead-letter", from, to, attempts };
    return { kind: "attempt", from, to, attempt: attempts + 1 };
  }

  /** How long to wait before the next attempt, before jitter. 0 unless the last one failed. */
  get backoffMs(): number {
    if (this.#failuresInRow === 0) return 0;
    const { backoffMinMs, backoffMaxMs } = this.#policy;
    return Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(this.#failuresInRow - 1, 30));
  }

  /** The range of the last step was handled, or its dead letter is written. */
  succeeded(): void {
    assert(this.#ranges.length > 0, "there was something to do");
    this.#ranges.pop();
    this.#exhausted = false;
    this.#failuresInRow = 0;
  }

  /** The attempt failed. A dead letter that cannot be written is not told here: it is written again until it can. */
  failed({ handled, pinpointed }: AttemptFailure): void {
    const range = this.#ranges.at(-1);
    assert(range !== undefined && !this.#exhausted, "an attempt was made");
    assert(handled >= 0 && handled < range.to - range.from, "at least one record of the range failed");
    this.#failuresInRow = handled > 0 ? 1 : this.#failuresInRow + 1;
    range.from += handled;
    // Another record is at fault now than before: it has its own attempts.
    range.attempts = handled > 0 ? 1 : range.attempts + 1;
    if (range.attempts < range.attemptsMax) return;
    const count = range.to - range.from;
    if (count > 1 && pinpointed) this.#cut(range, range.from + 1, range.attempts);
    else if (count > 1 && this.#policy.bisect) return this.#cut(range, range.from + (count >> 1), 0);
    this.#exhausted = this.#policy.whenExhausted === "dead-letter";
  }

  #cut(range: Range, at: number, attempts: number): void {
    this.#ranges.pop();
    this.#ranges.push(this.#part(at, range.to, 0), this.#part(range.from, at, attempts));
  }

  /** A part of several records is tried once before it is halved further; the whole had all its attempts. */
  #part(from: number, to: number, attempts: number): Range {
    return { from, to, attempts, attemptsMax: to - from > 1 ? 1 : this.#policy.attemptsMax };
  }
}
