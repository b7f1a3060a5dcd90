/**
 * The newest frames of all shards in memory, bounded by bytes for the node. Readers that keep up are served from here.
 * Frames that are not durable yet are never evicted: there is nowhere else to read them from.
 */
import { assert } from "@millrace/base";
import { frameEndOffset, type Frame } from "@millrace/model";

interface CachedFrame {
  readonly frame: Frame;
  durable: boolean;
  gone: boolean;
}

/** Frames of one shard, oldest first, from `head` on. Removing at the front only moves the head. */
interface Run {
  items: CachedFrame[];
  head: number;
}

const COMPACT_COUNT = 1024;

/** See the file comment. Frames of a shard are added in offset order without gaps. */
export class TailCache {
  readonly #limitBytes: number;
  readonly #runs = new Map<number, Run>();
  readonly #order: Run = { items: [], head: 0 };
  /** Index into the order of the first frame that is not durable. */
  #durableTo = 0;
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(frame: Frame): void {
    const cached = { frame, durable: false, gone: false };
    const { shardUid } = frame.header;
    let run = this.#runs.get(shardUid);
    if (run === undefined) this.#runs.set(shardUid, (run = { items: [], head: 0 }));
    run.items.push(cached);
    this.#order.items.push(cached);
    this.#bytes += frame.bytes.length;
  }

  /** The oldest frame not yet durable is durable now and may be evicted. Called once per frame, in the order of adding. */
  markDurable(): void {
    const cached = this.#order.items[this.#durableTo];
    if (cached === undefined) return;
    cached.durable = true;
    this.#durableTo += 1;
    this.#evict();
  }

  /** Frames of the shard that begin at or beyond `offset` are gone. */
  cut(shardUid: number, offset: number): void {
    const run = this.#runs.get(shardUid);
    if (run === undefined) return;
    for (;;) {
      const last = run.items.length > run.head ? run.items.at(-1) : undefined;
      if (last === undefined || last.frame.header.baseOffset < offset) break;
      last.gone = true;
      this.#bytes -= last.frame.bytes.length;
      run.items.pop();
    }
    const last = run.items.length > run.head ? run.items.at(-1) : undefined;
    assert(last === undefined || frameEndOffset(last.frame.header) <= offset, "a cut lies between frames");
    if (last === undefined) this.#runs.delete(shardUid);
  }

  /** Frames from the one that holds `fromOffset`, at least one and about `limitBytes`; undefined when that is not here. */
  read(shardUid: number, fromOffset: number, limitBytes: number): Frame[] | undefined {
    const run = this.#runs.get(shardUid);
    const first = run?.items[run.head];
    if (run === undefined || first === undefined || first.frame.header.baseOffset > fromOffset) return undefined;
    const frames: Frame[] = [];
    let bytes = 0;
    for (let index = indexHolding(run, fromOffset); index < run.items.length; index += 1) {
      const frame = run.items[index]?.frame;
      if (frame === undefined || (frames.length > 0 && bytes + frame.bytes.length > limitBytes)) break;
      frames.push(frame);
      bytes += frame.bytes.length;
    }
    return frames.length === 0 ? undefined : frames;
  }

  #evict(): void {
    while (this.#bytes > this.#limitBytes || this.#order.items[this.#order.head]?.gone === true) {
      const oldest = this.#order.items[this.#order.head];
      if (oldest === undefined || !oldest.durable) break;
      this.#order.head += 1;
      if (!oldest.gone) this.#removeFirst(oldest.frame.header.shardUid);
    }
    if (this.#order.head >= COMPACT_COUNT && this.#order.head * 2 > this.#order.items.length) {
      this.#order.items.splice(0, this.#order.head);
      this.#durableTo -= this.#order.head;
      this.#order.head = 0;
    }
  }

  #removeFirst(shardUid: number): void {
    const run = this.#runs.get(shardUid);
    const first = run?.items[run.head];
    if (run === undefined || first === undefined) return;
    this.#bytes -= first.frame.bytes.length;
    first.gone = true;
    run.head += 1;
    if (run.head === run.items.length) this.#runs.delete(shardUid);
    else if (run.head >= COMPACT_COUNT && run.head * 2 > run.items.length) {
      run.items.splice(0, run.head);
      run.head = 0;
    }
  }
}

function indexHolding(run: Run, offset: number): number {
  let low = run.head;
  let high = run.items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const header = run.items[middle]?.frame.header;
    if (header === undefined || frameEndOffset(header) > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}
