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
import { turnOfRealLoop, VirtualGlobals } from "./virtual-globals.ts";

/** Wall clock at the beginning of every simulation: 2026-01-01. */
const EPOCH_MS = Date.UTC(2026, 0, 1);

/** More events than this at one instant are a process that goes round in a circle. */
const EVENTS_AT_ONCE_MAX = 100_000;

interface SimulatedEvent extends QueuedEvent {
  readonly process: SimulatedProcess | undefined;
  readonly run: () => void;
  /** A slow process has come to it. */
  readonly isDue: boolean;
  readonly cancelled: () => boolean;
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
    let isCancelled = false;
    this.#queue.push({
      atMs: this.nowMs + Math.max(0, delayMs),
      order: (this.#order += 1),
      process,
      run,
      isDue: false,
      cancelled: () => isCancelled,
    });
    return { cancel: () => void (isCancelled = true) };
  }

  /** Lets virtual time go on by `durationMs`. Throws the first violation. */
  async pass(durationMs: number): Promise<void> {
    await this.until(() => false, durationMs);
  }

  /** Lets time go on until `condition` holds, at most `limitMs`; answers whether it does. Throws the first violation. */
  async until(condition: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = this.nowMs + limitMs;
    const release = this.#globals.take((error) => this.violate(error));
    try {
      while (!condition()) {
        const next = this.#queue.peek();
        if (next === undefined || next.atMs > endMs) {
          this.nowMs = endMs;
          return condition();
        }
        this.#queue.pop();
        await this.#carryOut(next);
        if (this.#violation !== undefined) throw this.#violation;
      }
      return true;
    } finally {
      release();
    }
  }

  async #carryOut(event: SimulatedEvent): Promise<void> {
    const { process } = event;
    if (event.cancelled() || process?.alive === false) return;
    this.#eventsAtOnce = event.atMs > this.nowMs ? 0 : this.#eventsAtOnce + 1;
    if (this.#eventsAtOnce > EVENTS_AT_ONCE_MAX)
      this.violate(new Error(`${process?.name ?? "the world"} goes round in a circle`));
    this.nowMs = event.atMs;
    if (process?.paused === true) return process.defer(() => void (event.cancelled() || event.run()));
    if (process !== undefined && !event.isDue) {
      const atMs = process.comesToItMs();
      if (atMs > event.atMs) return this.#queue.push({ ...event, atMs, isDue: true });
    }
    this.current = process;
    this.eventCount += 1;
    try {
      event.run();
    } catch (error) {
      this.violate(error);
    }
    await this.#settle();
    this.current = undefined;
  }

  async #settle(): Promise<void> {
    await turnOfRealLoop();
    while (this.#globals.runImmediates((error) => this.violate(error))) await turnOfRealLoop();
  }
}
