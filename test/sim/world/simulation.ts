/**
 * Virtual time and the one thread in it. Everything that happens is an event of some process; after each event all
 * promises and immediates that it set going run to their end, before the next event and with the clock standing still.
 * Whatever is not an event, a promise or an immediate does not exist here: no socket, no file, no real timer.
 */
import type { TimerHandle } from "@millrace/base";
import { Dice } from "./dice.ts";
import { EventQueue, type QueuedEvent } from "./event-queue.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import { Transcript } from "./transcript.ts";
import { inSteps, VirtualGlobals } from "./virtual-globals.ts";

/** Wall clock at the beginning of every simulation: 2026-01-01. */
const EPOCH_MS = Date.UTC(2026, 0, 1);

/** More events than this at one instant are a process that goes round in a circle. */
const EVENTS_AT_ONCE_MAX = 100_000;

/** Something that will happen to a process, unless it is cancelled before. */
class SimulatedEvent implements QueuedEvent, TimerHandle {
  atMs: number;
  readonly order: number;
  readonly process: SimulatedProcess | undefined;
  readonly run: () => void;
  /** A slow process has come to it. */
  isDue = false;
  isCancelled = false;

  constructor(atMs: number, order: number, process: SimulatedProcess | undefined, run: () => void) {
    this.atMs = atMs;
    this.order = order;
    this.process = process;
    this.run = run;
  }

  cancel(): void {
    this.isCancelled = true;
  }
}

/** See the file comment. */
export class Simulation {
  readonly seed: number;
  readonly dice: Dice;
  readonly transcript: Transcript;
  /** Virtual milliseconds since the beginning. */
  nowMs = 0;
  /** Whose event is being carried out. */
  current: SimulatedProcess | undefined;
  /** Events carried out so far. */
  eventCount = 0;
  /** How often what happened, by name: a fault that never really happens tests nothing. */
  readonly tally: Record<string, number> = {};
  readonly #queue = new EventQueue<SimulatedEvent>();
  readonly #globals: VirtualGlobals = new VirtualGlobals(() => this.current?.clock.nowMs() ?? this.wallMs);
  #order = 0;
  #eventsAtOnce = 0;
  #skippedMs = 0;
  #violation: Error | undefined;

  constructor(seed: number) {
    this.seed = seed;
    this.dice = new Dice(seed);
    this.transcript = new Transcript(() => this.nowMs);
  }

  /** True wall clock; processes have their own, which may be wrong. */
  get wallMs(): number {
    return EPOCH_MS + this.#skippedMs + this.nowMs;
  }

  /** All wall clocks go forward, the true one too: as if nothing had happened for so long. */
  skip(durationMs: number): void {
    this.#skippedMs += durationMs;
  }

  /** Something that must never happen did. The first one counts. */
  violate(error: unknown): void {
    this.#violation ??= error instanceof Error ? error : new Error(String(error));
  }

  /** Counts what really happened. */
  happened(what: string, count = 1): void {
    this.tally[what] = (this.tally[what] ?? 0) + count;
  }

  /** Has `run` happen to `process` (undefined: to the world) after `delayMs`. It does not happen to a dead process. */
  after(delayMs: number, process: SimulatedProcess | undefined, run: () => void): TimerHandle {
    const event = new SimulatedEvent(this.nowMs + Math.max(0, delayMs), (this.#order += 1), process, run);
    this.#queue.push(event);
    return event;
  }

  /** Lets virtual time go on by `durationMs`. Throws the first violation. */
  async pass(durationMs: number): Promise<void> {
    await this.until(() => false, durationMs);
  }

  /** Lets time go on until `condition` holds, at most `limitMs`; answers whether it does. Throws the first violation. */
  until(condition: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = this.nowMs + limitMs;
    const release = this.#globals.take((error) => this.violate(error));
    return new Promise<boolean>((resolve, reject) => {
      inSteps(() => {
        try {
          const answer = this.#step(condition, endMs);
          if (answer === undefined) return true;
          release();
          resolve(answer);
        } catch (error) {
          release();
          reject(error);
        }
        return false;
      });
    });
  }

  /** Goes on with what the last event set going, else with the next event. Answers how the waiting ended, once it has. */
  #step(condition: () => boolean, endMs: number): boolean | undefined {
    if (this.#globals.runImmediates((error) => this.violate(error))) return undefined;
    this.current = undefined;
    for (;;) {
      if (this.#violation !== undefined) throw this.#violation;
      if (condition()) return true;
      const next = this.#queue.peek();
      if (next === undefined || next.atMs > endMs) {
        this.nowMs = endMs;
        return condition();
      }
      this.#queue.pop();
      if (this.#carryOut(next)) return undefined;
    }
  }

  /** Answers whether it happened: not what was cancelled, nor what comes to a process that is dead, paused or busy. */
  #carryOut(event: SimulatedEvent): boolean {
    const { process } = event;
    if (event.isCancelled || process?.alive === false) return false;
    this.#eventsAtOnce = event.atMs > this.nowMs ? 0 : this.#eventsAtOnce + 1;
    if (this.#eventsAtOnce > EVENTS_AT_ONCE_MAX)
      this.violate(new Error(`${process?.name ?? "the world"} goes round in a circle`));
    this.nowMs = event.atMs;
    if (process?.paused === true) {
      process.defer(() => void (event.isCancelled || event.run()));
      return false;
    }
    if (process !== undefined && !event.isDue) {
      const atMs = process.comesToItMs();
      if (atMs > event.atMs) {
        event.atMs = atMs;
        event.isDue = true;
        this.#queue.push(event);
        return false;
      }
    }
    this.current = process;
    this.eventCount += 1;
    try {
      event.run();
    } catch (error) {
      this.violate(error);
    }
    return true;
  }
}
