/** Stores how far a shard is done, often enough that little is repeated, seldom enough that the store is not busy with it. */
import { ServiceError, sleep, type Clock } from "@millrace/base";
import { comparePositions, positionOf, type RecordPosition } from "../lease/checkpoint.ts";
import type { LeaseSession } from "../lease/lease-session.ts";
import type { ConsumeHappening } from "./consume-event.ts";

const FLUSH_ATTEMPTS_MAX = 5;
const FLUSH_RETRY_MS = 200;

/** See the file comment. One per session; one call is on its way at a time. */
export class Checkpointer {
  readonly #session: LeaseSession;
  readonly #intervalMs: number;
  readonly #clock: Clock;
  readonly #happened: (happening: ConsumeHappening) => void;
  #done: RecordPosition | undefined;
  #stored: RecordPosition | undefined;
  #nextMs = 0;
  #scheduled = false;
  #onItsWay: Promise<boolean> | undefined;

  constructor(
    session: LeaseSession,
    intervalMs: number,
    clock: Clock,
    happened: (happening: ConsumeHappening) => void,
  ) {
    this.#session = session;
    this.#intervalMs = intervalMs;
    this.#clock = clock;
    this.#happened = happened;
    this.#stored = positionOf(session.lease.checkpoint);
  }

  /** Everything up to `position` is done; it is stored soon. Positions only grow. */
  advance(position: RecordPosition): void {
    this.#done = position;
    if (!this.#scheduled && this.#isDue()) this.#schedule();
  }

  /** Stores what is done now. Answers whether it is stored. */
  async flush(): Promise<boolean> {
    for (let attempt = 1; ; attempt += 1) {
      await this.#onItsWay;
      if (!this.#isDue()) return true;
      if (await this.#store()) continue;
      if (this.#session.signal.aborted || attempt >= FLUSH_ATTEMPTS_MAX) return false;
      await sleep(this.#clock, FLUSH_RETRY_MS * attempt, this.#session.signal);
    }
  }

  #isDue(): boolean {
    if (this.#done === undefined || this.#session.signal.aborted) return false;
    return this.#stored === undefined || comparePositions(this.#done, this.#stored) > 0;
  }

  #schedule(): void {
    this.#scheduled = true;
    const waitMs = Math.max(0, this.#nextMs - this.#clock.monotonicMs());
    this.#clock.schedule(waitMs, () => {
      void this.#storeWhenFree();
    });
  }

  async #storeWhenFree(): Promise<void> {
    await this.#onItsWay;
    if (this.#isDue()) await this.#store();
    this.#scheduled = false;
    if (this.#isDue()) this.#schedule();
  }

  #store(): Promise<boolean> {
    const work = this.#storeNow().finally(() => {
      if (this.#onItsWay === work) this.#onItsWay = undefined;
    });
    this.#onItsWay = work;
    return work;
  }

  async #storeNow(): Promise<boolean> {
    const position = this.#done;
    if (position === undefined) return true;
    const startMs = this.#clock.monotonicMs();
    this.#nextMs = startMs + this.#intervalMs;
    try {
      await this.#session.checkpoint(position);
      this.#stored = position;
      this.#happened({ kind: "checkpointed", position, durationMs: this.#clock.monotonicMs() - startMs });
      return true;
    } catch (thrown) {
      const error = ServiceError.from(thrown);
      // The store is further already (an operator moved it, or an answer was lost): nothing is left to store.
      if (error.ids["reason"] === "behind") this.#stored = position;
      this.#happened({ kind: "checkpoint-failed", position, error });
      return false;
    }
  }
}
