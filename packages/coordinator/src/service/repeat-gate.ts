/** Lets a request about one thing through again only when the last one has ended and a pause has passed. */
export class RepeatGate {
  readonly #pauseMs: number;
  readonly #monotonicMs: () => number;
  readonly #entered = new Map<string, { readonly atMs: number; running: boolean }>();

  constructor(pauseMs: number, monotonicMs: () => number) {
    this.#pauseMs = pauseMs;
    this.#monotonicMs = monotonicMs;
  }

  /** True: go, and call {@link leave} at the end. Keys name nodes, of which there are few. */
  enter(key: string): boolean {
    const nowMs = this.#monotonicMs();
    const last = this.#entered.get(key);
    if (last !== undefined && (last.running || nowMs < last.atMs + this.#pauseMs)) return false;
    this.#entered.set(key, { atMs: nowMs, running: true });
    return true;
  }

  leave(key: string): void {
    const last = this.#entered.get(key);
    if (last !== undefined) last.running = false;
  }
}
