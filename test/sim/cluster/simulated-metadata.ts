/** Metadata that lie with the only coordinator. They can be away, and the coordinator can die between any two commits. */
import { ServiceError, sleep } from "@millrace/base";
import { openMemoryMetadataStore, type MetadataStore } from "@millrace/coordinator";
import type { SimulatedProcess } from "../world/simulated-process.ts";

/** See the file comment. */
export class SimulatedMetadata {
  readonly #records = new Map<string, Uint8Array>();
  /** While true every operation fails. */
  unavailable = false;
  /** So many of the next commits are stored, and their callers do not hear of it. */
  lostAnswers = 0;
  /** Called with what happened to whoever asked. */
  onTrouble: ((what: string) => void) | undefined;
  /** Called at every commit with the process that commits: before it is stored, and after, before it hears of it. */
  onCommit: ((process: SimulatedProcess, stored: boolean) => void) | undefined;

  readonly #onStored: (key: string, value: Uint8Array | undefined) => void;

  /** `onStored` hears of every record that was stored or removed. */
  constructor(onStored: (key: string, value: Uint8Array | undefined) => void) {
    this.#onStored = onStored;
  }

  /** The store as one process uses it. */
  openedBy(process: SimulatedProcess): MetadataStore {
    const inner = openMemoryMetadataStore(this.#records);
    const requireAvailable = (): void => {
      if (!this.unavailable) return;
      this.onTrouble?.("metadata store refused");
      throw new ServiceError("UNAVAILABLE", "the metadata store is away");
    };
    return {
      load: async () => {
        await sleep(process.clock, 1);
        requireAvailable();
        return inner.load();
      },
      commit: async (changes) => {
        await sleep(process.clock, 1);
        requireAvailable();
        this.onCommit?.(process, false);
        if (!process.alive) return new Promise(() => undefined);
        await inner.commit(changes);
        for (const change of changes) this.#onStored(`${change.table}/${change.key}`, encoded(change.value));
        if (this.lostAnswers > 0) {
          this.lostAnswers -= 1;
          this.onTrouble?.("commit of unknown outcome");
          throw new ServiceError("UNAVAILABLE", "the metadata store is away");
        }
        this.onCommit?.(process, true);
        if (!process.alive) return new Promise(() => undefined);
        return sleep(process.clock, 0.5);
      },
      close: () => inner.close(),
      [Symbol.asyncDispose]: () => inner.close(),
    };
  }
}

function encoded(value: unknown): Uint8Array | undefined {
  return value === undefined ? undefined : Buffer.from(JSON.stringify(value));
}
