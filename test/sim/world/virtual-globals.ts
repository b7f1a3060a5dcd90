/**
 * The few globals through which product code meets the event loop, taken over while a simulation runs: `setImmediate`
 * (part of an event), the wall clock that gRPC deadlines are made of, and rejections that nobody handles.
 */

const realSetImmediate = setImmediate;
const realNow = Date.now;

/** Resolves when every promise that could settle has. */
export function turnOfRealLoop(): Promise<void> {
  return new Promise((resolve) => realSetImmediate(resolve));
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
