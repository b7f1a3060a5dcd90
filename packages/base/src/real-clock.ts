/** The machine's time: the one place where the product reads a clock or sets a timer. Processes and libraries hand it in. */
import type { Clock } from "./clock.ts";

/** Delays beyond this would fire at once in Node; they are cut to it (24.8 days). */
const TIMER_DELAY_MAX_MS = 0x7fff_ffff;

/** See {@link Clock}. Timers keep the process alive. */
export const realClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), TIMER_DELAY_MAX_MS));
    return { cancel: () => clearTimeout(timer) };
  },
};
