/** A process that can stand still: while it is paused no timer of it fires and no answer reaches it. A crash is a pause without end. */
import type { Clock } from "@millrace/base";
import type { LeaseStore } from "@millrace/worker";

/** See the file comment. */
export class PausableProcess {
  readonly clock: Clock;
  #waiting: (() => void)[] | undefined;

  constructor(clock: Clock) {
    this.clock = {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      schedule: (delayMs, callback) => {
        let cancelled = false;
        const timer = clock.schedule(delayMs, () => this.#whenRunning(() => !cancelled && callback()));
        return {
          cancel() {
            cancelled = true;
            timer.cancel();
          },
        };
      },
    };
  }

  get isRunning(): boolean {
    return this.#waiting === undefined;
  }

  pause(): void {
    this.#waiting ??= [];
  }

  /** All that was due meanwhile happens now. */
  resume(): void {
    const due = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const each of due) each();
  }

  /** `store` as this process sees it. */
  over(store: LeaseStore): LeaseStore {
    const seen = async <T>(work: Promise<T>): Promise<T> => {
      try {
        return await work;
      } finally {
        await new Promise<void>((resolve) => this.#whenRunning(resolve));
      }
    };
    return {
      open: (options) => seen(store.open(options)),
      list: () => seen(store.list()),
      renew: (request) => seen(store.renew(request)),
      create: (leases) => seen(store.create(leases)),
      acquire: (request) => seen(store.acquire(request)),
      requestHandoff: (request) => seen(store.requestHandoff(request)),
      release: (request) => seen(store.release(request)),
      checkpoint: (requests) => seen(store.checkpoint(requests)),
      finish: (request) => seen(store.finish(request)),
      delete: (keys) => seen(store.delete(keys)),
      reset: (request) => seen(store.reset(request)),
      onWake: (callback) => store.onWake(() => this.#whenRunning(callback)),
      close: () => store.close(),
    };
  }

  #whenRunning(work: () => unknown): void {
    if (this.#waiting === undefined) work();
    else this.#waiting.push(() => void work());
  }
}
