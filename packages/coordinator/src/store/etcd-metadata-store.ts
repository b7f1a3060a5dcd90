/**
 * Metadata in etcd, written under one election. Every write is a transaction that compares the revision in which the
 * election's key was made and the id of the last commit: a deposed coordinator is refused, and so is an attempt of our own
 * that was given up and arrives late. That makes repeating safe while etcd elects a leader of its own.
 *
 * A commit too large for one transaction is written in chunks, decided by one transaction, carried out, and removed;
 * whoever is elected next carries a decided one out to its end.
 */
import { assert, ServiceError, sleep, type Clock } from "@millrace/base";
import type { EtcdClient, EtcdWrite } from "@millrace/rpc";
import { decodeRecord, encodeChange, type EncodedChange } from "../state/record-codec.ts";
import type { StateChange } from "../state/cluster-state.ts";
import {
  chunkKey,
  chunksOf,
  encodeChunk,
  endOfFolder,
  OPERATIONS_MAX,
  recordWrites,
  type EtcdLayout,
} from "./etcd-layout.ts";
import { readEtcdRecords } from "./etcd-records.ts";
import type { MetadataStore } from "./metadata-store.ts";

/** Between attempts of one transaction. */
const RETRY_MS = 100;
/** Parts of a large commit on their way at the same time: etcd syncs them together. */
const WRITES_AT_ONCE = 8;

/** The election a store writes under. */
export interface StoreMandate {
  readonly client: EtcdClient;
  readonly layout: EtcdLayout;
  readonly clock: Clock;
  /** Revision in which the election's key was made. */
  readonly electedRevision: number;
  /** Id the commit key was given with it. */
  readonly commitId: string;
  readonly isValid: () => boolean;
  /** Gives the election back. */
  readonly resign: () => Promise<void>;
}

/** See the file comment. Writes are repeated until they are answered or the mandate ends, which bounds them. */
export class EtcdMetadataStore implements MetadataStore {
  readonly #mandate: StoreMandate;
  readonly #base: string;
  #commitId: string;
  #commits = 0;
  #busy = false;
  #failure: ServiceError | undefined;
  #closing: Promise<void> | undefined;

  constructor(mandate: StoreMandate) {
    this.#mandate = mandate;
    this.#base = mandate.commitId;
    this.#commitId = mandate.commitId;
  }

  async load(): Promise<readonly StateChange[]> {
    this.#requireOpen();
    const { client, layout } = this.#mandate;
    const { records, pending } = await readEtcdRecords(client, layout);
    if (pending.length > 0) await this.#carryOut(pending);
    return [...records].map(([key, value]) => decodeRecord(key, value));
  }

  async commit(changes: readonly StateChange[]): Promise<void> {
    this.#requireOpen();
    assert(!this.#busy, "commits come one after the other");
    // A commit that was decided and not carried out must not be built upon: only loading anew knows what is stored.
    if (this.#failure !== undefined) throw this.#failure;
    this.#busy = true;
    try {
      await this.#commit(lastOfEachKey(changes.map(encodeChange)));
    } catch (thrown) {
      this.#failure = ServiceError.from(thrown);
      throw thrown;
    } finally {
      this.#busy = false;
    }
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#mandate.resign());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #commit(changes: readonly EncodedChange[]): Promise<void> {
    const { layout } = this.#mandate;
    if (chunksOf(changes, OPERATIONS_MAX).length <= 1) return this.#decide(recordWrites(layout, changes));
    const chunks = chunksOf(changes, Infinity);
    for (const [index, chunk] of chunks.entries()) {
      await this.#write([{ put: chunkKey(layout, index), value: encodeChunk(chunk) }]);
    }
    await this.#decide([{ put: layout.pendingCount, value: String(chunks.length) }]);
    await this.#carryOut(changes);
  }

  /** The parts have different keys and are guarded each for itself, so they may come to pass in any order. */
  async #carryOut(changes: readonly EncodedChange[]): Promise<void> {
    const { layout } = this.#mandate;
    const parts = chunksOf(lastOfEachKey(changes), OPERATIONS_MAX);
    const one = async (): Promise<void> => {
      for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
        await this.#write(recordWrites(layout, part));
      }
    };
    await Promise.all(Array.from({ length: WRITES_AT_ONCE }, one));
    await this.#decide([{ remove: layout.pending, end: endOfFolder(layout.pending) }]);
  }

  /** A transaction that becomes the last commit: nothing sent before it can happen after it. */
  #decide(writes: readonly EtcdWrite[]): Promise<void> {
    this.#commits += 1;
    return this.#write(writes, `${this.#base}/${this.#commits}`);
  }

  /** Runs the transaction until its outcome is known. Without `commitId` it must be harmless to do twice. */
  async #write(writes: readonly EtcdWrite[], commitId?: string): Promise<void> {
    const { client, layout, clock, electedRevision, isValid } = this.#mandate;
    const expected = this.#commitId;
    for (;;) {
      this.#requireOpen();
      if (!isValid()) throw deposed();
      try {
        const { done, read } = await client.transact({
          conditions: [
            { key: layout.election, createdRevision: electedRevision },
            { key: layout.commit, value: expected },
          ],
          writes: commitId === undefined ? writes : [...writes, { put: layout.commit, value: commitId }],
          elseRead: [layout.election, layout.commit],
        });
        // Refused because an attempt that was not answered has been carried out after all.
        const before = commitId !== undefined && read.some(({ key, value }) => isCommit(key, value, layout, commitId));
        if (!done && !before) throw deposed();
        if (commitId !== undefined) this.#commitId = commitId;
        return;
      } catch (thrown) {
        const error = ServiceError.from(thrown);
        if (error.code !== "UNAVAILABLE" && error.code !== "DEADLINE") throw error;
        await sleep(clock, RETRY_MS);
      }
    }
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) throw new ServiceError("UNAVAILABLE", "the metadata store is closed");
  }
}

function isCommit(key: string, value: Buffer, layout: EtcdLayout, commitId: string): boolean {
  return key === layout.commit && value.toString() === commitId;
}

function deposed(): ServiceError {
  return new ServiceError("CONFLICT", "this coordinator is not the elected one any more");
}

/** etcd refuses a transaction that writes a key twice; the last change of a key is what counts. */
function lastOfEachKey(changes: readonly EncodedChange[]): EncodedChange[] {
  return [...new Map(changes.map((change) => [change.key, change])).values()];
}
