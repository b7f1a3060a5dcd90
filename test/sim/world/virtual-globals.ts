/**
 * The few globals through which product code meets the event loop, taken over while a simulation runs: `setImmediate`
 * (part of an event), the wall clock that gRPC deadlines are made of, and rejections that nobody handles.
 */

const realSetImmediate = setImmediate;
const realNow = Date.now;

/** Steps between two looks of the real loop at the world outside, which has nothing to say to a simulation. */
const STEPS_A_TURN = 256;

/**
 * Calls `step` until it answers false: the first time at once, each other time when every promise that could settle has.
 * Node sees to that between any two immediates, also between those of one turn of its loop, which saves most turns.
 */
export function inSteps(step: () => boolean): void {
  let goesOn = step();
  const one = (): void => {
    if (goesOn) goesOn = step();
  };
  const turn = (): void => {
    if (!goesOn) return;
    for (let count = 0; count < STEPS_A_TURN; count += 1) realSetImmediate(one);
    realSetImmediate(turn);
  };
  turn();
}

/** See the file comment. */
export class VirtualGlobals {
  readonly #nowMs: () => number;
  #immediates: (() => void)[] = [];

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Takes the globals over; the answer gives them back. */
  take(onUnhandled: (error: unknown) => void): () => void {
    const immediate = (callback: (...args: unknown[]) => void, ...args: unknown[]): void => {
      this.#immediates.push(() => callback(...args));
    };
    globalThis.setImmediate = immediate as unknown as typeof setImmediate;
    Date.now = this.#nowMs;
    process.on("unhandledRejection", onUnhandled);
    return () => {
      globalThis.setImmediate = realSetImmediate;
      Date.now = realNow;
      process.off("unhandledRejection", onUnhandled);
    };
  }

  /** Runs what waits; answers whether there was anything. */
  runImmediates(onError: (error: unknown) => void): boolean {
    const waiting = this.#immediates;
    if (waiting.length === 0) return false;
    this.#immediates = [];
    for (const callback of waiting) {
      try {
        callback();
      } catch (error) {
        onError(error);
      }
    }
    return true;
  }
}
