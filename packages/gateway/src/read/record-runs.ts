/** The records of a chunk that a reader is to see, as runs over the bytes received. */
import { assert } from "@millrace/base";
import type { RecordRun } from "@millrace/kinesis";
import { decodeFrames, frameEndOffset, frameKind, frameRecords, recordAt, recordUserBytes } from "@millrace/model";
import type { ShardView } from "../cluster/stream-view.ts";

/** The part of a ReadChunk that carries records. */
export interface FramesChunk {
  readonly frames: Buffer;
  readonly firstOffset: number;
  /** Offsets covered from `firstOffset` on. */
  readonly recordCount: number;
}

/** Runs from `fromOffset` on; undefined when a frame is damaged. The runs keep `chunk.frames`. */
export function recordRuns(
  shard: ShardView,
  chunk: FramesChunk,
  fromOffset: number,
  encrypted: boolean,
): RecordRun[] | undefined {
  const frames = decodeFrames(chunk.frames);
  if (frames === undefined) return undefined;
  const runs: RecordRun[] = [];
  const start = Math.max(fromOffset, chunk.firstOffset);
  const end = chunk.firstOffset + chunk.recordCount;
  for (const frame of frames) {
    const { header } = frame;
    const first = Math.max(start, header.baseOffset);
    const last = Math.min(end, frameEndOffset(header));
    if (header.kind !== frameKind.records || last <= first) continue;
    const bytes = frameRecords(frame);
    runs.push({
      shard: shard.sequence,
      bytes,
      position: positionAfter(bytes, first - header.baseOffset),
      recordCount: last - first,
      firstOffset: first,
      arrivalMs: header.arrivalMs,
      ...(encrypted ? { encryptionType: "KMS" } : {}),
    });
  }
  return runs;
}

/** Records and their key and data bytes, for metrics. */
export function countRuns(runs: readonly RecordRun[]): { readonly records: number; readonly userBytes: number } {
  let records = 0;
  let userBytes = 0;
  for (const run of runs) {
    records += run.recordCount;
    let { position } = run;
    for (let index = 0; index < run.recordCount; index += 1) {
      const span = recordAt(run.bytes, position);
      assert(span !== undefined, "a run's records lie within its bytes");
      userBytes += recordUserBytes(span);
      position = span.end;
    }
  }
  return { records, userBytes };
}

function positionAfter(bytes: Buffer, recordCount: number): number {
  let position = 0;
  for (let index = 0; index < recordCount; index += 1) {
    const span = recordAt(bytes, position);
    assert(span !== undefined, "a frame holds as many records as its header says");
    position = span.end;
  }
  return position;
}
