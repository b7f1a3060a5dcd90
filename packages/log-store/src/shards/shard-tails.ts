/**
 * What callers have submitted per shard, durable or not: where the log ends, where it starts, and which cuts are on
 * their way to the disk. Reads are judged by this, so that a submitted truncation is true at once.
 */
import { assert, unreachable } from "@millrace/base";
import { frameEndOffset, type FrameHeader } from "@millrace/model";
import type { LogEntry } from "../log-store-contract.ts";

/** The submitted view of one shard. */
export interface ShardTail {
  logStart: number;
  logEnd: number;
  /** Grows with every truncation, reset and drop: what was looked up before may no longer be the log. */
  version: number;
  /** Cuts submitted but not durable, oldest first: the index does not know of them yet. */
  readonly pendingCuts: number[];
}

/** See the file comment. */
export class ShardTails {
  readonly #tails = new Map<number, ShardTail>();

  get(shardUid: number): ShardTail | undefined {
    return this.#tails.get(shardUid);
  }

  all(): IterableIterator<[number, ShardTail]> {
    return this.#tails.entries();
  }

  restore(shardUid: number, logStart: number, logEnd: number): void {
    this.#tails.set(shardUid, { logStart, logEnd, version: 0, pendingCuts: [] });
  }

  /** Takes in a submitted entry; answers from which offset on the shard's earlier frames are gone, if any are. */
  apply(entry: LogEntry): number | undefined {
    switch (entry.kind) {
      case "frame":
        this.#append(entry.frame.header);
        return undefined;
      case "state":
        this.#tailOf(entry.shardUid);
        return undefined;
      case "drop":
        return this.#cut(entry.shardUid, 0, 0);
      case "truncate":
        return entry.resetTo >= 0
          ? this.#cut(entry.shardUid, 0, entry.resetTo)
          : this.#cut(entry.shardUid, entry.logEnd, entry.logEnd);
      default:
        return unreachable(entry);
    }
  }

  /** The oldest pending cut of the shard has reached the index. */
  cutDone(shardUid: number): void {
    this.#tails.get(shardUid)?.pendingCuts.shift();
  }

  #append(header: FrameHeader): void {
    const tail = this.#tailOf(header.shardUid);
    assert(
      header.baseOffset === tail.logEnd,
      `a frame begins at its log's end ${tail.logEnd}, not ${header.baseOffset}`,
    );
    assert(header.recordCount > 0, "a frame takes at least one offset");
    tail.logEnd = frameEndOffset(header);
  }

  #cut(shardUid: number, cut: number, logEnd: number): number {
    const tail = this.#tailOf(shardUid);
    tail.pendingCuts.push(cut);
    tail.version += 1;
    if (cut === 0) tail.logStart = logEnd;
    tail.logEnd = cut === 0 ? logEnd : Math.min(tail.logEnd, logEnd);
    tail.logStart = Math.min(tail.logStart, tail.logEnd);
    return cut;
  }

  #tailOf(shardUid: number): ShardTail {
    let tail = this.#tails.get(shardUid);
    if (tail === undefined) this.#tails.set(shardUid, (tail = { logStart: 0, logEnd: 0, version: 0, pendingCuts: [] }));
    return tail;
  }
}
