/** Opens the index database, or begins an empty one when it cannot be used: it can always be rebuilt. */
import { type Clock, ServiceError } from "@millrace/base";
import type { Disk } from "./disk/disk.ts";
import { FrameIndex } from "./index/frame-index.ts";
import type { OpenDatabase, OrderedDatabase } from "./ordered-database.ts";

/** An index and up to which segment it is complete; undefined: it is empty. */
export interface OpenedIndex {
  readonly index: FrameIndex;
  readonly markedSegment: number | undefined;
}

/**
 * The index database in `directory`, empty when what was there cannot be opened. Its lock is the lock of the whole
 * store: rejects with UNAVAILABLE while another process has it open.
 */
export async function openIndexDatabase(
  seams: { readonly disk: Disk; readonly openDatabase: OpenDatabase },
  directory: string,
): Promise<OrderedDatabase> {
  const { disk, openDatabase } = seams;
  try {
    return await openDatabase(directory);
  } catch (error) {
    // A database in use must not be taken for a damaged one. RocksDB has no code for it, only this word.
    if (ServiceError.from(error).message.includes("lock")) throw error;
    await disk.remove(directory);
    return openDatabase(directory);
  }
}

/** The index in `database` if it belongs to this node's journal and can be read, else a new one in its place. */
export async function openIndex(
  seams: {
    readonly disk: Disk;
    readonly openDatabase: OpenDatabase;
    readonly clock: Clock;
    readonly onFatal: (error: Error) => void;
  },
  database: OrderedDatabase,
  place: { readonly directory: string; readonly nodeId: string },
): Promise<OpenedIndex> {
  const { disk, openDatabase, clock, onFatal } = seams;
  const { directory, nodeId } = place;
  const index = new FrameIndex({ database, clock, nodeId, onFatal });
  // A database that cannot be read is as good as none.
  const mark = await index.mark().catch(() => undefined);
  if (mark?.nodeId === nodeId) return { index, markedSegment: mark.segment };
  await database.close();
  await disk.remove(directory);
  const empty = await openDatabase(directory);
  return { index: new FrameIndex({ database: empty, clock, nodeId, onFatal }), markedSegment: undefined };
}
