/** `millrace stream backup`: committed frames and metadata of a stream that is being written, into a store. */
import { sha256Hex } from "@millrace/base";
import type { ShardRecord } from "@millrace/coordinator";
import { callUnary, type ReadFramesReply__Output, type ReadFramesRequest } from "@millrace/rpc";
import { callCoordinator } from "../operate/call-coordinator.ts";
import { findCluster } from "../operate/find-coordinator.ts";
import type { ShardOptions } from "../operate/shard-commands.ts";
import { countOf } from "../operate/text-table.ts";
import { closeFrameStart } from "./frame-runs.ts";
import {
  BACKUP_FORMAT,
  pieceKey,
  readManifest,
  replaceManifest,
  requireSameStream,
  type BackupPiece,
} from "./backup-manifest.ts";
import { openBackupStore, type BackupStore } from "./backup-store.ts";
import { ShardLeaders } from "./shard-leader.ts";

const PIECE_BYTES = 32 * 1024 * 1024;
const CALL_TIMEOUT_MS = 30_000;
/** Shards read at once. */
const SHARDS_AT_ONCE = 4;

/** Where to. */
export interface BackupOptions extends ShardOptions {
  readonly to: string;
  readonly s3Endpoint?: string;
}

/** Takes a backup, or adds to the one that is there what has come since. Errors: USAGE when that is another stream's. */
export async function backupStream(stream: string, options: BackupOptions): Promise<void> {
  const cluster = findCluster(options);
  const store = await openBackupStore(options.to, options.s3Endpoint);
  const account = options.account === undefined ? {} : { accountId: options.account };
  const region = options.region === undefined ? {} : { region: options.region };
  // First the metadata, then the frames: whatever is acknowledged before this command begins is in the backup.
  const exported = await callCoordinator(cluster, "stream.export", { stream, ...account, ...region });
  const before = await readManifest(store);
  requireSameStream(before, exported, options.to);
  const { name, accountId } = exported.stream;
  const leaders = new ShardLeaders(cluster, { stream: name, accountId, region: exported.stream.region });
  try {
    await leaders.refresh();
    const pieces: Record<string, readonly BackupPiece[]> = {};
    const added: BackupPiece[] = [];
    const queue = [...exported.shards];
    const work = async (): Promise<void> => {
      for (let shard = queue.shift(); shard !== undefined; shard = queue.shift()) {
        const known = before?.pieces[shard.shardIndex] ?? [];
        const come = await backupShard(store, leaders, shard, known.at(-1)?.toOffset ?? 0);
        pieces[shard.shardIndex] = [...known, ...come];
        added.push(...come);
      }
    };
    await Promise.all(Array.from({ length: SHARDS_AT_ONCE }, work));
    await replaceManifest(store, before, { format: BACKUP_FORMAT, takenMs: Date.now(), ...exported, pieces });
    const all = Object.values(pieces).flat();
    const report = {
      stream: name,
      shards: exported.shards.length,
      pieces: all.length,
      bytes: bytesOf(all),
      newPieces: added.length,
      newBytes: bytesOf(added),
      to: options.to,
    };
    const total = `${countOf(report.shards, "shard")}, ${sizeWords(all)} in ${options.to}`;
    const words = `${name}: ${total}${before === undefined ? "" : `; new: ${sizeWords(added)}`}`;
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : `${words}\n`);
  } finally {
    leaders.close();
  }
}

function bytesOf(pieces: readonly BackupPiece[]): number {
  return pieces.reduce((sum, piece) => sum + piece.bytes, 0);
}

function sizeWords(pieces: readonly BackupPiece[]): string {
  return `${countOf(pieces.length, "piece")}, ${countOf(bytesOf(pieces), "byte")}`;
}

/** Reads from `fromOffset` to what is committed when it begins; writes full pieces as they come. */
async function backupShard(
  store: BackupStore,
  leaders: ShardLeaders,
  { shardIndex, shardUid, state }: ShardRecord,
  fromOffset: number,
): Promise<BackupPiece[]> {
  const pieces: BackupPiece[] = [];
  let gathered: Buffer[] = [];
  let gatheredBytes = 0;
  let pieceFrom = fromOffset;
  let next = fromOffset;
  let endOffset = Infinity;
  const writePiece = async (): Promise<void> => {
    const bytes = Buffer.concat(gathered);
    gathered = [];
    gatheredBytes = 0;
    if (bytes.length === 0) return;
    const sha256 = sha256Hex(bytes);
    const key = pieceKey(shardIndex, pieceFrom, sha256);
    await store.put(key, bytes);
    pieces.push({ key, fromOffset: pieceFrom, toOffset: next, bytes: bytes.length, sha256 });
    pieceFrom = next;
  };
  while (next < endOffset) {
    const from = next;
    const reply = await leaders.ask(shardIndex, (node, _shard, replicaUuid) =>
      callUnary<ReadFramesRequest, ReadFramesReply__Output>(
        (request, callOptions, done) => node.readFrames(request, callOptions, done),
        { shardUid, replicaUuid, fromOffset: from },
        CALL_TIMEOUT_MS,
      ),
    );
    if (endOffset === Infinity) endOffset = reply.commitOffset;
    // A shard that is open in the metadata of this backup stays open in it.
    const closesAt = state === "open" ? closeFrameStart(reply.frames) : undefined;
    const frames = closesAt === undefined ? reply.frames : reply.frames.subarray(0, closesAt.position);
    gathered.push(frames);
    gatheredBytes += frames.length;
    next = closesAt?.offset ?? reply.nextOffset;
    if (gatheredBytes >= PIECE_BYTES) await writePiece();
    if (closesAt !== undefined || reply.nextOffset === from) break;
  }
  await writePiece();
  return pieces;
}
