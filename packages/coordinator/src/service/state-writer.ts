/**
 * The single writer of the cluster's state. One change set at a time: compute from the state in force → commit to the
 * store → apply in memory → tell the observers. Nothing is computed while a commit is under way, so every compute sees
 * exactly what is stored.
 */
import { ServiceError } from "@millrace/base";
import type { StateChange } from "../state/cluster-state.ts";
import type { ClusterTables } from "../state/cluster-tables.ts";
import type { MetadataStore } from "../store/metadata-store.ts";

/** Waiting computations beyond this are refused with OVERLOADED. */
export const WRITES_WAITING_MAX: number = 2_000;

/** What a computation decided. No changes: nothing is written. */
export interface Computed<T> {
  readonly changes: readonly StateChange[];
  readonly result: T;
}

/** Who computes. `own` work of the coordinator is bounded by the cluster's size and never refused. */
export type WriteOrigin = "own" | "client";

/** See the file comment. */
export class StateWriter {
  readonly tables: ClusterTables;
  readonly #store: MetadataStore;
  readonly #onFatal: (error: ServiceError) => void;
  readonly #waiting: (() => Promise<void>)[] = [];
  readonly #observers: ((changes: readonly StateChange[]) => void)[] = [];
  #running: Promise<void> | undefined;
  #closed = false;

  /** `onFatal`: a commit failed, so memory and store may differ; the process must end. */
  constructor(tables: ClusterTables, store: MetadataStore, onFatal: (error: ServiceError) => void) {
    this.tables = tables;
    this.#store = store;
    this.#onFatal = onFatal;
  }

  /** `observer` is called in the turn in which changes were applied. */
  observe(observer: (changes: readonly StateChange[]) => void): void {
    this.#observers.push(observer);
  }

  /**
   * Queues `compute`; resolves with its result once its changes are durable and applied. Rejects with OVERLOADED
   * (client work on a full queue), UNAVAILABLE (closed, or the outcome of the commit is unknown), or what `compute` threw.
   */
  submit<T>(origin: WriteOrigin, compute: (state: ClusterTables) => Computed<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new ServiceError("UNAVAILABLE", "the coordinator is closing"));
    if (origin === "client" && this.#waiting.length >= WRITES_WAITING_MAX) {
      return Promise.reject(new ServiceError("OVERLOADED", "too many control operations are waiting"));
    }
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push(async () => {
        try {
          resolve(await this.#write(compute));
        } catch (error) {
          // The caller hears of it; the queue goes on, unless the commit failed, which closed it.
          reject(ServiceError.from(error));
        }
      });
      this.#running ??= this.#drain();
    });
  }

  /** Finishes what waits and takes nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #drain(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) await next();
    this.#running = undefined;
  }

  async #write<T>(compute: (state: ClusterTables) => Computed<T>): Promise<T> {
    const { changes, result } = compute(this.tables);
    if (changes.length === 0) return result;
    try {
      await this.#store.commit(changes);
    } catch (error) {
      this.#closed = true;
      this.#onFatal(ServiceError.from(error));
      throw new ServiceError("UNAVAILABLE", "it is not known whether the metadata were written", { cause: error });
    }
    this.tables.apply(changes);
    for (const observer of this.#observers) observer(changes);
    return result;
  }
}
