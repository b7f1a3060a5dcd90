/**
 * The newest frames of all shards in memory, bounded by bytes for the node. Readers that keep up are served from here.
 * Frames that are not durable yet are never evicted: there is nowhere else to read them from.
 */
import { assert } from "@millrace/base";
import { frameEndOffset, type Frame } from "@millrace/model";

/** The lists below keep the places of what is gone for a while, so its bytes are let go of at once: then it holds no frame. */
interface CachedFrame {
  frame: Frame | undefined;
  durable: boolean;
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
    const cached = { frame, durable: false };
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
    let last = run.items.at(-1);
    while (last?.frame !== undefined && last.frame.header.baseOffset >= offset) {
      this.#letGo(last);
      run.items.pop();
      last = run.items.at(-1);
    }
    if (last?.frame === undefined) this.#runs.delete(shardUid);
    else assert(frameEndOffset(last.frame.header) <= offset, "a cut lies between frames");
  }

  /** Frames from the one that holds `fromOffset`, at least one and about `limitBytes`; undefined when that is not here. */
  read(shardUid: number, fromOffset: number, limitBytes: number): Frame[] | undefined {
    const run = this.#runs.get(shardUid);
    const first = run?.items[run.head];
    if (run === undefined || first?.frame === undefined || first.frame.header.baseOffset > fromOffset) return undefined;
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
    for (;;) {
      const oldest = this.#order.items[this.#order.head];
      // What was cut before it was durable keeps its place until then: places become durable in their order.
      if (oldest?.durable !== true) break;
      if (oldest.frame !== undefined) {
        if (this.#bytes <= this.#limitBytes) break;
        this.#removeFirst(oldest.frame.header.shardUid);
      }
      this.#order.head += 1;
    }
    this.#durableTo -= compact(this.#order);
  }

  #removeFirst(shardUid: number): void {
    const run = this.#runs.get(shardUid);
    const first = run?.items[run.head];
    if (run === undefined || first === undefined) return;
    this.#letGo(first);
    run.head += 1;
    if (run.head === run.items.length) this.#runs.delete(shardUid);
    else compact(run);
  }

  #letGo(cached: CachedFrame): void {
    this.#bytes -= cached.frame?.bytes.length ?? 0;
    cached.frame = undefined;
  }
}

/** Forgets the places before the head once they are many; answers how many it forgot. */
function compact(run: Run): number {
  const count = run.head;
  if (count < COMPACT_COUNT || count * 2 <= run.items.length) return 0;
  run.items.splice(0, count);
  run.head = 0;
  return count;
}

function indexHolding(run: Run, offset: number): number {
  let low = run.head;
  let high = run.items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const header = run.items[middle]?.frame?.header;
    if (header === undefined || frameEndOffset(header) > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}
