/** Opens the index database, or begins an empty one when it cannot be used: it can always be rebuilt. */
import type { Clock } from "@millrace/base";
import type { Disk } from "./disk/disk.ts";
import { FrameIndex } from "./index/frame-index.ts";
import { RocksDatabase } from "./rocksdb/rocks-database.ts";

/** An index and up to which segment it is complete; undefined: it is empty. */
export interface OpenedIndex {
  readonly index: FrameIndex;
  readonly markedSegment: number | undefined;
}

/** See the file comment. */
export async function openIndex(
  seams: { readonly disk: Disk; readonly clock: Clock },
  directory: string,
  nodeId: string,
  onFatal: (error: Error) => void,
): Promise<OpenedIndex> {
  const opened = await tryOpen(seams, directory, nodeId, onFatal).catch(() => undefined);
  if (opened !== undefined) return opened;
  await seams.disk.remove(directory);
  const database = await RocksDatabase.open(directory);
  return { index: new FrameIndex({ database, clock: seams.clock, nodeId, onFatal }), markedSegment: undefined };
}

async function tryOpen(
  seams: { readonly clock: Clock },
  directory: string,
  nodeId: string,
  onFatal: (error: Error) => void,
): Promise<OpenedIndex | undefined> {
  const database = await RocksDatabase.open(directory);
  try {
    const index = new FrameIndex({ database, clock: seams.clock, nodeId, onFatal });
    const mark = await index.mark();
    if (mark?.nodeId === nodeId) return { index, markedSegment: mark.segment };
  } catch {
    // A database that cannot be read is as good as none.
  }
  await database.close();
  return undefined;
}
