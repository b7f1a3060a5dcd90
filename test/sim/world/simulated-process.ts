/**
 * One run of one process: its clocks, and whether it lives. A dead one hears nothing any more and no timer of it fires,
 * so whatever it was in the middle of stays there. A paused one gets everything at once when it resumes.
 */
import type { Clock, TimerHandle } from "@millrace/base";
import type { Simulation } from "./simulation.ts";

/** Any time at all, so that whoever waits for the rest of a span does come to its end. */
const SHORTEST_TIMER_MS = 0.01;

/** See the file comment. */
export class SimulatedProcess {
  readonly name: string;
  readonly clock: Clock;
  /** How far its wall clock is off, in milliseconds. */
  wallErrorMs = 0;
  /** How much faster its clocks run than time, as a share. */
  drift = 0;
  /** How long it is busy with whatever happens to it, on average; 0: no time at all. */
  busyMs = 0;
  /** Calls that it has made and that are not over. */
  callsOpen = 0;
  /** Timers that it has set and that have neither fired nor been cancelled. */
  timersSet = 0;
  readonly #simulation: Simulation;
  readonly #startedMs: number;
  readonly #onDeath = new Set<() => void>();
  #alive = true;
  #paused = false;
  #deferred: (() => void)[] = [];
  #busyUntilMs = 0;

  constructor(simulation: Simulation, name: string) {
    this.name = name;
    this.#simulation = simulation;
    this.#startedMs = simulation.nowMs;
    this.clock = {
      nowMs: () => Math.floor(simulation.wallMs + this.wallErrorMs + this.#driftedMs()),
      monotonicMs: () => simulation.nowMs + this.#driftedMs(),
      schedule: (delayMs, callback) => {
        const atLeastMs = delayMs > 0 ? Math.max(delayMs, SHORTEST_TIMER_MS) : 0;
        return this.setTimer(atLeastMs / (1 + this.drift), callback);
      },
    };
  }

  get alive(): boolean {
    return this.#alive;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Called once when the process dies, in the order given; calling the answer takes it back. */
  onDeath(callback: () => void): () => void {
    this.#onDeath.add(callback);
    return () => void this.#onDeath.delete(callback);
  }

  kill(): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#deferred = [];
    const callbacks = [...this.#onDeath];
    this.#onDeath.clear();
    for (const callback of callbacks) callback();
  }

  pause(): void {
    this.#paused = true;
  }

  /** What its clock does to call it back after `delayMs` of true time. */
  setTimer(delayMs: number, callback: () => void): TimerHandle {
    let isSet = true;
    const over = (): void => {
      if (isSet) this.timersSet -= 1;
      isSet = false;
    };
    this.timersSet += 1;
    const event = this.#simulation.after(delayMs, this, () => {
      over();
      callback();
    });
    return {
      cancel: () => {
        over();
        event.cancel();
      },
    };
  }

  /** What came meanwhile happens now, in its order. */
  resume(): void {
    this.#paused = false;
    for (const run of this.#deferred.splice(0)) this.#simulation.after(0, this, run);
  }

  /** When it comes to what happens to it now: what came before is done first. */
  comesToItMs(): number {
    const { nowMs } = this.#simulation;
    if (this.busyMs === 0 && this.#busyUntilMs <= nowMs) return nowMs;
    const atMs = Math.max(nowMs, this.#busyUntilMs);
    this.#busyUntilMs = atMs + this.busyMs;
    if (atMs > nowMs) this.#simulation.happened("event waited for a slow process");
    return atMs;
  }

  /** Keeps what happens to a paused process. */
  defer(run: () => void): void {
    this.#simulation.happened("event waited for a paused process");
    this.#deferred.push(run);
  }

  #driftedMs(): number {
    return this.drift * (this.#simulation.nowMs - this.#startedMs);
  }
}
