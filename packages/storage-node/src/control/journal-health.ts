/**
 * Whether the disk still makes progress: a node whose event loop lives but whose journal hangs must not look healthy.
 * A probe is a real entry through the real journal: the drop of a shard that cannot exist.
 */
import { withDeadline, type Clock } from "@millrace/base";
import type { LogStore } from "@millrace/log-store";

/** Shard uids count up from small numbers. */
const NO_SHARD = Number.MAX_SAFE_INTEGER;
const PROBE_DEADLINE_MS = 2000;
/** A sync this recent proves enough without a probe. */
const SYNC_AGE_MAX_MS = 500;

/** See the file comment. */
export class JournalHealth {
  readonly #logStore: LogStore;
  readonly #clock: Clock;
  #syncedMs = Number.NEGATIVE_INFINITY;
  #probe: Promise<boolean> | undefined;

  constructor(logStore: LogStore, clock: Clock) {
    this.#logStore = logStore;
    this.#clock = clock;
  }

  /** A group commit has ended. */
  synced(): void {
    this.#syncedMs = this.#clock.monotonicMs();
  }

  /** True when the journal finished something within the last half second or finishes a probe within two. */
  check(): Promise<boolean> {
    if (this.#clock.monotonicMs() - this.#syncedMs < SYNC_AGE_MAX_MS) return Promise.resolve(true);
    this.#probe ??= this.#run().finally(() => {
      this.#probe = undefined;
    });
    return this.#probe;
  }

  async #run(): Promise<boolean> {
    const done = new Promise<boolean>((resolve) => {
      this.#logStore.submit([{ kind: "drop", shardUid: NO_SHARD }], () => resolve(true));
    });
    try {
      return await withDeadline(this.#clock, PROBE_DEADLINE_MS, "a journal probe", done);
    } catch {
      // The deadline is the answer.
      return false;
    }
  }
}
