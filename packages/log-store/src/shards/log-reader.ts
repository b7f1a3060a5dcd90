/** Reads frames of one shard: from the tail cache, or from segment files with few large reads. */
import { ServiceError } from "@millrace/base";
import { decodeFrameHeader, type Frame, frameBodyIntact, frameEndOffset } from "@millrace/model";
import type { FrameIndex } from "../index/frame-index.ts";
import { endOffsetOf, type FrameLocation } from "../index/index-keys.ts";
import type { SegmentFiles } from "../journal/segment-files.ts";
import type { ShardTail, ShardTails } from "./shard-tails.ts";
import type { TailCache } from "./tail-cache.ts";

/** One read of a file is at most this large (a single larger frame excepted). */
const RUN_BYTES_MAX = 1024 * 1024;
/** Reading over this many bytes of other shards is cheaper than another read. */
const GAP_BYTES_MAX = 32 * 1024;
/** Frames looked up in one go before it is known how large they are; most reads begin where a frame does. */
const LOCATIONS_AT_FIRST = 32;
/** Reads of files in flight for one caller. */
const RUNS_AT_ONCE = 8;
/** A read that races with truncation or removal of a segment looks everything up again, at most this often. */
const ATTEMPTS_MAX = 5;

/** What the reader reads from. */
export interface LogReaderOptions {
  readonly tails: ShardTails;
  readonly cache: TailCache;
  readonly index: FrameIndex;
  readonly files: SegmentFiles;
}

/** See the file comment. */
export class LogReader {
  readonly #options: LogReaderOptions;

  constructor(options: LogReaderOptions) {
    this.#options = options;
  }

  /** See {@link LogStore.read}. */
  async read(shardUid: number, fromOffset: number, limitBytes: number): Promise<readonly Frame[]> {
    const { tails, cache } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      const tail = tails.get(shardUid);
      if (tail === undefined) return [];
      const from = Math.max(fromOffset, tail.logStart);
      if (from >= tail.logEnd) return [];
      const cached = cache.read(shardUid, from, limitBytes);
      if (cached !== undefined) return cached;
      const { version } = tail;
      const frames = await this.#readFiles(shardUid, from, limitBytes, tail);
      const settled = tail.version === version && tails.get(shardUid) === tail;
      if (settled && frames.length > 0) return this.#continued(frames, limitBytes);
      if (attempt < ATTEMPTS_MAX) continue;
      throw new ServiceError("DAMAGED", `shard ${shardUid} has no intact frame for offset ${from}`, {
        ids: { shard: shardUid, offset: from },
      });
    }
  }

  /** The same frames and those behind them that are in memory, up to the limit. */
  #continued(frames: Frame[], limitBytes: number): Frame[] {
    const last = frames.at(-1);
    const restBytes = frames.reduce((rest, frame) => rest - frame.bytes.length, limitBytes);
    if (last === undefined || restBytes <= 0) return frames;
    const cached = this.#options.cache.read(last.header.shardUid, frameEndOffset(last.header), restBytes) ?? [];
    // The cache gives at least one frame, however large.
    const fits = (cached[0]?.bytes.length ?? 0) <= restBytes;
    return fits ? [...frames, ...cached] : frames;
  }

  /** Offsets of the shard's durable frames that are damaged or missing; goes over them once and slowly. */
  async verify(shardUid: number, pace?: (readBytes: number) => Promise<void>): Promise<number[]> {
    const { tails, index } = this.#options;
    const damaged: number[] = [];
    let offset = tails.get(shardUid)?.logStart ?? 0;
    for (;;) {
      const tail = tails.get(shardUid);
      if (tail === undefined || offset >= tail.logEnd) return damaged;
      const { version } = tail;
      const validBelow = Math.min(...tail.pendingCuts, tail.logEnd);
      const locations = await this.locate(shardUid, offset, RUN_BYTES_MAX, tail);
      const next = locations.length > 0 ? undefined : await index.between(shardUid, offset + 1, validBelow);
      const bad = locations.length > 0 ? await this.#verifyRuns(locations) : [offset];
      await pace?.(locations.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0));
      if (tail.version !== version) continue;
      const last = locations.at(-1);
      // What is not durable yet is in memory alone and needs no look at the disk.
      if (last === undefined && this.#options.cache.read(shardUid, offset, 0) !== undefined) return damaged;
      damaged.push(...bad);
      offset = last === undefined ? (next?.[0]?.baseOffset ?? tail.logEnd) : endOffsetOf(last);
    }
  }

  async #verifyRuns(locations: readonly FrameLocation[]): Promise<number[]> {
    const damaged: number[] = [];
    for (const run of runsOf(locations)) {
      const bytes = (await this.#readRun(run)) ?? Buffer.alloc(0);
      for (const location of run.locations)
        if (frameAt(location, bytes, location.position - run.position) === undefined) damaged.push(location.baseOffset);
    }
    return damaged;
  }

  /** Locations of an unbroken run of frames from the one that holds `from`. */
  async locate(shardUid: number, from: number, limitBytes: number, tail: ShardTail): Promise<FrameLocation[]> {
    const { index } = this.#options;
    const validBelow = Math.min(...tail.pendingCuts, Number.MAX_SAFE_INTEGER);
    const found: FrameLocation[] = [];
    let bytes = 0;
    let next = from;
    let count = LOCATIONS_AT_FIRST;
    for (;;) {
      const more = next < validBelow ? await index.between(shardUid, next, validBelow, count) : [];
      if (found.length === 0 && more[0]?.baseOffset !== from) {
        const first = await index.atOrBelow(shardUid, Math.min(from, validBelow - 1));
        if (first === undefined || endOffsetOf(first) <= from) return [];
        more.unshift(first);
        next = first.baseOffset;
      }
      if (more.length === 0) return found;
      for (const location of more) {
        const fits = found.length === 0 || bytes + location.lengthBytes <= limitBytes;
        if (!fits || location.baseOffset !== next) return found;
        found.push(location);
        bytes += location.lengthBytes;
        next = endOffsetOf(location);
      }
      if (bytes >= limitBytes) return found;
      count = Math.ceil((limitBytes - bytes) / (bytes / found.length)) + 1;
    }
  }

  /** Intact frames up to the first damaged one; rejects when that is the first. Empty: look everything up again. */
  async #readFiles(shardUid: number, from: number, limitBytes: number, tail: ShardTail): Promise<Frame[]> {
    const frames: Frame[] = [];
    const runs = runsOf(await this.locate(shardUid, from, limitBytes, tail));
    for (let index = 0; index < runs.length; index += RUNS_AT_ONCE) {
      const some = runs.slice(index, index + RUNS_AT_ONCE);
      const contents = await Promise.all(some.map((run) => this.#readRun(run)));
      for (const [place, run] of some.entries()) {
        const bytes = contents[place];
        if (bytes === undefined) return frames;
        for (const location of run.locations) {
          const frame = frameAt(location, bytes, location.position - run.position);
          if (frame !== undefined) frames.push(run.sparse ? copyOf(frame) : frame);
          else if (frames.length > 0) return frames;
          else throw damagedAt(location);
        }
      }
    }
    return frames;
  }

  /** Undefined when the segment has been removed since it was looked up. */
  async #readRun(run: Run): Promise<Buffer | undefined> {
    try {
      return await this.#options.files.read(run.segment, run.position, run.lengthBytes);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw new ServiceError("DAMAGED", `segment ${run.segment} cannot be read: ${String(error)}`, { cause: error });
    }
  }
}

/** The frame at `position` of `bytes` if it is intact and the one that the index means. */
export function frameAt(location: FrameLocation, bytes: Buffer, position: number): Frame | undefined {
  const header = decodeFrameHeader(bytes, position);
  if (header === undefined || header.lengthBytes !== location.lengthBytes) return undefined;
  if (header.shardUid !== location.shardUid || header.baseOffset !== location.baseOffset) return undefined;
  const frame = { header, bytes: bytes.subarray(position, position + header.lengthBytes) };
  return frameBodyIntact(header, frame.bytes) ? frame : undefined;
}

function damagedAt({ shardUid, baseOffset, segment, position }: FrameLocation): ServiceError {
  return new ServiceError("DAMAGED", `the frame of shard ${shardUid} at offset ${baseOffset} has a bad checksum`, {
    ids: { shard: shardUid, offset: baseOffset, segment, position },
  });
}

/** A frame that does not keep the memory around it alive. */
function copyOf({ header, bytes }: Frame): Frame {
  return { header, bytes: Buffer.from(bytes) };
}

interface Run {
  readonly segment: number;
  readonly position: number;
  lengthBytes: number;
  /** More was read over than is wanted: keeping slices would keep all of it in memory. */
  sparse: boolean;
  wantedBytes: number;
  readonly locations: FrameLocation[];
}

/** Neighbouring frames as one read each. */
function runsOf(locations: readonly FrameLocation[]): Run[] {
  const runs: Run[] = [];
  for (const location of locations) {
    const run = runs.at(-1);
    const end = location.position + location.lengthBytes;
    const gapBytes = run === undefined ? 0 : location.position - (run.position + run.lengthBytes);
    const joins = run?.segment === location.segment && gapBytes >= 0 && gapBytes <= GAP_BYTES_MAX;
    if (run !== undefined && joins && end - run.position <= RUN_BYTES_MAX) {
      run.lengthBytes = end - run.position;
      run.wantedBytes += location.lengthBytes;
      run.sparse = run.wantedBytes * 2 < run.lengthBytes;
      run.locations.push(location);
    } else {
      const { segment, position, lengthBytes } = location;
      runs.push({ segment, position, lengthBytes, sparse: false, wantedBytes: lengthBytes, locations: [location] });
    }
  }
  return runs;
}
