/**
 * The one writer of a node's journal: takes everything that waits, writes it with one call, makes it durable with one
 * sync, then completes all of it in order. While a sync runs the next batch gathers; only in a crowd of small appends does
 * it gather a little longer (batch-pacing.ts).
 */
import { assert, type Clock, type Random, readUint64, sleep } from "@millrace/base";
import type { Disk, DiskFile } from "../disk/disk.ts";
import type { SyncReport } from "../log-store-contract.ts";
import { BATCH_HEADER_BYTES, encodeBatchHeader } from "./batch-header.ts";
import { BatchPacing } from "./batch-pacing.ts";
import { encodeCheckpoint, type FinishedSegment } from "./checkpoint.ts";
import { encodeJournalEntry, type JournalEntry } from "./journal-entry.ts";
import type { ReplicaTable } from "./replica-table.ts";
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES, segmentFileName } from "./segment-header.ts";

/** A batch takes submissions until it is this large; recovery rewrites that much of a tail it cannot trust. */
export const BATCH_BYTES_MAX: number = 8 * 1024 * 1024;
/** Overwriting zeros instead of growing the file spares a sync the file's metadata: a third of a small sync when measured. */
const ZERO_AHEAD_BYTES = 1024 * 1024;
/** Larger batches gain less than writing the zeros costs; they go to the disk past the system's cache. */
const ZERO_AHEAD_BATCH_BYTES_MAX = 65_536;
const zeros = Buffer.alloc(ZERO_AHEAD_BYTES);

/** An entry and where its bytes lie. */
export interface PlacedEntry {
  readonly entry: JournalEntry;
  readonly segment: number;
  readonly position: number;
}

/** What the writer works with. */
export interface JournalWriterOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly directory: string;
  readonly nodeId: string;
  readonly segmentBytes: number;
  /** The replicas at the end of the journal so far; kept up to date by the writer from here on. */
  readonly table: ReplicaTable;
  /** The segments that exist, oldest first; kept up to date by the writer. */
  readonly finished: FinishedSegment[];
  /** Called with a durable batch, before its `done`s. A promise holds the next batch up. */
  readonly onDurable: (placed: readonly PlacedEntry[]) => Promise<void> | undefined;
  readonly onFinished: (segment: FinishedSegment) => void;
  readonly onFree: () => void;
  readonly onSync: (report: SyncReport) => void;
  readonly onFatal: (error: Error) => void;
}

interface Submission {
  readonly entries: readonly JournalEntry[];
  readonly sizeBytes: number;
  readonly done: () => void;
}

interface ActiveSegment {
  readonly number: number;
  readonly salt: number;
  readonly file: DiskFile;
  position: number;
  zeroedTo: number;
}

/** See the file comment. After a failure nothing is written or completed any more. */
export class JournalWriter {
  readonly #options: JournalWriterOptions;
  readonly #pacing = new BatchPacing();
  #waiting: Submission[] = [];
  #waitingBytes = 0;
  #active: ActiveSegment | undefined;
  #running: Promise<void> | undefined;
  #failed = false;

  constructor(options: JournalWriterOptions) {
    this.#options = options;
  }

  /** True while nothing is being written. */
  get idle(): boolean {
    return this.#running === undefined;
  }

  /** The segment being written and its size so far. */
  get active(): FinishedSegment {
    return { number: this.#active?.number ?? 0, end: this.#active?.position ?? 0 };
  }

  /** Begins a new segment, which seals what lies before it. Resolves when its checkpoint is durable; rejects on failure. */
  async start(): Promise<void> {
    await this.#writeBatch([]);
  }

  /** Queues `entries`; see {@link LogStore.submit}. */
  submit(entries: readonly JournalEntry[], done: () => void): void {
    let sizeBytes = 0;
    for (const entry of entries) sizeBytes += entry.kind === "frame" ? entry.frame.bytes.length : BATCH_HEADER_BYTES;
    this.#waiting.push({ entries, sizeBytes, done });
    this.#waitingBytes += sizeBytes;
    this.#running ??= this.#run();
  }

  /** Waits for what was submitted, marks the end of the journal as written in order and closes the file. */
  async close(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
    if (!this.#failed) await this.#guard(() => this.#writeBatch([]));
    await this.#active?.file.close();
  }

  async #run(): Promise<void> {
    // Submissions made in the same turn share the batch.
    await Promise.resolve();
    while (this.#waiting.length > 0 && !this.#failed) {
      await this.#pace();
      await this.#guard(() => this.#writeBatch(this.#takeBatch()));
      if (!this.#failed) this.#options.onFree();
    }
    this.#running = undefined;
  }

  async #pace(): Promise<void> {
    const { clock, onFree } = this.#options;
    const delayMs = this.#pacing.delayMs(clock.monotonicMs(), this.#waitingBytes);
    if (delayMs === 0) return;
    await sleep(clock, delayMs);
    onFree();
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#failed = true;
      this.#waiting = [];
      this.#waitingBytes = 0;
      this.#options.onFatal(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #takeBatch(): Submission[] {
    let sizeBytes = 0;
    let count = 0;
    let appends = 0;
    for (const submission of this.#waiting) {
      if (count > 0 && sizeBytes + submission.sizeBytes > BATCH_BYTES_MAX) break;
      sizeBytes += submission.sizeBytes;
      appends += appendsOf(submission);
      count += 1;
    }
    this.#waitingBytes -= sizeBytes;
    this.#pacing.began(this.#options.clock.monotonicMs(), appends, sizeBytes);
    return this.#waiting.splice(0, count);
  }

  async #writeBatch(batch: readonly Submission[]): Promise<void> {
    const { clock, table, onDurable, onSync } = this.#options;
    const buffers: Buffer[] = [];
    const segment = await this.#segmentFor(buffers);
    const isNew = segment.position === 0;
    const start = segment.position;
    const headerPosition = isNew ? SEGMENT_HEADER_BYTES : start;
    const headerIndex = isNew ? 1 : 0;
    const placed: PlacedEntry[] = [];
    let position = isNew ? totalBytes(buffers) + BATCH_HEADER_BYTES : start + BATCH_HEADER_BYTES;
    for (const submission of batch)
      for (const entry of submission.entries) {
        placed.push({ entry, segment: segment.number, position });
        table.apply(entry, segment.number);
        for (const buffer of encodeJournalEntry(entry)) {
          buffers.push(buffer);
          position += buffer.length;
        }
      }
    const payloadBytes = position - headerPosition - BATCH_HEADER_BYTES;
    const entryCount = placed.length + (isNew ? 1 : 0);
    buffers.splice(headerIndex, 0, encodeBatchHeader(segment, { position: headerPosition, entryCount, payloadBytes }));
    segment.position = position;
    this.#zeroAhead(segment, position - start, buffers);
    await segment.file.write(buffers, start, position - start > ZERO_AHEAD_BATCH_BYTES_MAX);
    const writtenMs = clock.monotonicMs();
    await segment.file.sync();
    if (isNew) await this.#options.disk.syncDirectory(this.#options.directory);
    onSync({ entryCount, sizeBytes: position - start, syncMs: clock.monotonicMs() - writtenMs });
    const ready = onDurable(placed);
    for (const submission of batch) submission.done();
    await ready;
  }

  /** The segment to write to; a new one puts its header and checkpoint into `buffers`. */
  async #segmentFor(buffers: Buffer[]): Promise<ActiveSegment> {
    const { disk, directory, nodeId, random, table, finished, segmentBytes } = this.#options;
    if (this.#active !== undefined && this.#active.position < segmentBytes) return this.#active;
    await this.#finishActive();
    const last = finished.at(-1);
    const number = (last?.number ?? 0) + 1;
    const salt = readUint64(Buffer.concat([Buffer.alloc(2), random.bytes(6)]), 0);
    const file = await disk.open(`${directory}/${segmentFileName(number)}`, "create");
    this.#active = { number, salt, file, position: 0, zeroedTo: 0 };
    table.forgetDropped(finished[0]?.number ?? number);
    buffers.push(
      encodeSegmentHeader({ number, nodeId, salt, previous: last?.number ?? 0, previousEnd: last?.end ?? 0 }),
      ...encodeCheckpoint({ segments: finished, replicas: table.all() }),
    );
    return this.#active;
  }

  async #finishActive(): Promise<void> {
    const active = this.#active;
    if (active === undefined) return;
    await active.file.truncate(active.position);
    await active.file.close();
    const segment = { number: active.number, end: active.position };
    this.#options.finished.push(segment);
    this.#options.onFinished(segment);
    this.#active = undefined;
  }

  #zeroAhead(segment: ActiveSegment, batchBytes: number, buffers: Buffer[]): void {
    if (segment.position > segment.zeroedTo && batchBytes <= ZERO_AHEAD_BATCH_BYTES_MAX) {
      const aheadBytes = Math.min(ZERO_AHEAD_BYTES, this.#options.segmentBytes);
      buffers.push(zeros.subarray(0, aheadBytes));
      segment.zeroedTo = segment.position + aheadBytes;
    }
    segment.zeroedTo = Math.max(segment.zeroedTo, segment.position);
  }
}

function appendsOf({ entries }: Submission): number {
  let appends = 0;
  for (const entry of entries) if (entry.kind === "frame") appends += Math.max(1, entry.frame.header.appendIdCount);
  return appends;
}

function totalBytes(buffers: readonly Buffer[]): number {
  let sizeBytes = 0;
  for (const buffer of buffers) sizeBytes += buffer.length;
  assert(sizeBytes < 0xffff_ffff, "a segment is addressed with 32 bits");
  return sizeBytes;
}
