/** Many callbacks on one AbortSignal with one listener on it: a signal may be given to thousands of puts. */

interface Watched {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

/** See the file comment. Bounded by the records in the producer's hands. */
export class AbortWatch {
  readonly #watched = new Map<AbortSignal, Watched>();

  /** Calls back once when `signal` fires, unless the returned function was called before. */
  watch(signal: AbortSignal, callback: () => void): () => void {
    let watched = this.#watched.get(signal);
    if (watched === undefined) {
      const callbacks = new Set<() => void>();
      const listener = (): void => {
        this.#watched.delete(signal);
        for (const each of callbacks) each();
      };
      watched = { callbacks, listener };
      this.#watched.set(signal, watched);
      signal.addEventListener("abort", listener, { once: true });
    }
    const { callbacks, listener } = watched;
    callbacks.add(callback);
    return () => {
      callbacks.delete(callback);
      if (callbacks.size > 0 || this.#watched.get(signal)?.listener !== listener) return;
      this.#watched.delete(signal);
      signal.removeEventListener("abort", listener);
    };
  }
}
