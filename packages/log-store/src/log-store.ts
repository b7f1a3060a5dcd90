/** Opens a log store: who the disk is, what its journal says, and what must be made sure of before it takes more. */
import { type Clock, type Random, ServiceError } from "@millrace/base";
import { bytesToOpen } from "./disk-floor.ts";
import type { Disk } from "./disk/disk.ts";
import { nodeDisk } from "./disk/node-disk.ts";
import { Failure, FileLogStore } from "./file-log-store.ts";
import type { FrameIndex } from "./index/frame-index.ts";
import type { FinishedSegment } from "./journal/checkpoint.ts";
import { BATCH_BYTES_MAX } from "./journal/journal-writer.ts";
import { ReplicaTable } from "./journal/replica-table.ts";
import { replayJournal } from "./journal/replay.ts";
import { segmentFileName, segmentNumberOf } from "./journal/segment-header.ts";
import type { LogStore, LogStoreOptions } from "./log-store-contract.ts";
import { openIndex, openIndexDatabase } from "./open-index.ts";
import { recoveredReplicas } from "./recovered-replicas.ts";
import type { OpenDatabase, OrderedDatabase } from "./ordered-database.ts";
import { RocksDatabase } from "./rocksdb/rocks-database.ts";
import { nextIdentity } from "./store-identity.ts";

/** The outside things a store works with: this machine's files and RocksDB unless told otherwise. */
export interface LogStoreSeams {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk?: Disk;
  readonly openDatabase?: OpenDatabase;
}

/**
 * Opens or creates the store in `options.directory`: recovers what is there, seals it with a new segment and answers
 * when everything is durable. Rejects with DAMAGED when the directory belongs to somebody else or its identity is
 * lost, with DISK_FULL when hardly any space is free (nothing was touched), with UNAVAILABLE when another process has it open or the disk fails.
 */
export async function openLogStore(options: LogStoreOptions, seams: LogStoreSeams): Promise<LogStore> {
  const { disk = nodeDisk, openDatabase = (path) => RocksDatabase.open(path) } = seams;
  await disk.makeDirectory(`${options.directory}/journal`);
  await requireSpace(disk, options);
  await disk.syncDirectory(options.directory);
  const database = await openIndexDatabase({ disk, openDatabase }, `${options.directory}/index`);
  let index: FrameIndex | undefined;
  try {
    return await recover({ ...seams, disk, openDatabase }, options, database, (opened) => (index = opened));
  } catch (error) {
    await (index?.close() ?? database.close());
    throw ServiceError.from(error);
  }
}

async function recover(
  seams: Required<LogStoreSeams>,
  options: LogStoreOptions,
  database: OrderedDatabase,
  onIndex: (index: FrameIndex) => void,
): Promise<LogStore> {
  const { clock, random, disk, openDatabase } = seams;
  const directory = `${options.directory}/journal`;
  const names = await disk.list(directory);
  const hasJournal = names.some((name) => segmentNumberOf(name) !== undefined);
  const identity = await nextIdentity({ disk, random }, options.directory, hasJournal);
  const { nodeId } = identity;
  const failure = new Failure(options.onFatal);
  const onFatal = (error: Error): void => failure.report(error);
  const place = { directory: `${options.directory}/index`, nodeId };
  const { index, markedSegment } = await openIndex({ disk, openDatabase, clock, onFatal }, database, place);
  onIndex(index);
  const table = new ReplicaTable();
  const replayed = await replayJournal({ disk, directory, nodeId, index, table, markedSegment });
  const { finished, firstRead } = replayed;
  await rewriteTail(disk, directory, finished.at(-1));
  const isComplete = markedSegment !== undefined && !replayed.damageFound;
  const recovered = await recoveredReplicas({ table, index, isComplete });
  const found = { identity, index, table, finished, firstRead, recovered };
  return FileLogStore.start({ options, clock, random, disk, journalDirectory: directory, failure, ...found });
}

/** A start that runs out of space half way would end the process again and again, a boot number and a file each time. */
async function requireSpace(disk: Disk, { directory, diskFloorBytes }: LogStoreOptions): Promise<void> {
  const neededBytes = bytesToOpen(diskFloorBytes);
  const freeBytes = await disk.freeBytes(directory).catch(() => neededBytes);
  if (freeBytes >= neededBytes) return;
  const message = `${directory} has ${freeBytes} bytes free and needs ${neededBytes} to start: free some space`;
  throw new ServiceError("DISK_FULL", message);
}

/**
 * What was read back may have come from the page cache of a process whose sync failed, and never have reached the
 * disk. Writing the bytes once more makes the next sync speak the truth about them.
 */
async function rewriteTail(disk: Disk, directory: string, last: FinishedSegment | undefined): Promise<void> {
  if (last === undefined) return;
  const file = await disk.open(`${directory}/${segmentFileName(last.number)}`, "write");
  try {
    const from = Math.max(0, last.end - 2 * BATCH_BYTES_MAX);
    const bytes = Buffer.allocUnsafe(last.end - from);
    const count = await file.read(bytes, from);
    await file.write([bytes.subarray(0, count)], from);
    await file.sync();
  } finally {
    await file.close();
  }
}
