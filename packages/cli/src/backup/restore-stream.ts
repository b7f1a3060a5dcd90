/**
 * `millrace stream restore`: a stream from a backup, with every record under the sequence number it had. The stream is
 * CREATING until all of it is there; an interrupted restore is gone on with by the same command.
 */
import { ServiceError, sha256Hex } from "@millrace/base";
import type { ShardView } from "@millrace/coordinator";
import { callUnary, type ImportFramesReply__Output, type ImportFramesRequest } from "@millrace/rpc";
import { callCoordinator } from "../operate/call-coordinator.ts";
import { findCluster, type ClusterOptions } from "../operate/find-coordinator.ts";
import { countOf } from "../operate/text-table.ts";
import { readManifest, type BackupPiece } from "./backup-manifest.ts";
import { openBackupStore, type BackupStore } from "./backup-store.ts";
import { cutFrames } from "./frame-runs.ts";
import { ShardLeaders } from "./shard-leader.ts";

const MESSAGE_BYTES = 4 * 1024 * 1024;
const CALL_TIMEOUT_MS = 30_000;
const SHARDS_AT_ONCE = 4;
const READY_WITHIN_MS = 120_000;
const POLL_MS = 200;

/** Under which name, and where the backup is. */
export interface RestoreOptions extends ClusterOptions {
  readonly name?: string;
  readonly s3Endpoint?: string;
  /** Give an unfinished restore up instead: what was imported is deleted. */
  readonly abandon: boolean;
}

/** Restores what `place` holds. Errors: USAGE when there is no backup or the name is taken, DAMAGED for a bad piece. */
export async function restoreStream(place: string, options: RestoreOptions): Promise<void> {
  const cluster = findCluster(options);
  const store = await openBackupStore(place, options.s3Endpoint);
  const manifest = await readManifest(store);
  if (manifest === undefined) throw new ServiceError("USAGE", `there is no backup in ${place}`);
  const stream = { ...manifest.stream, name: options.name ?? manifest.stream.name };
  const { clusterId, shards, pieces, takenMs } = manifest;
  const origin = { clusterId, streamUid: stream.streamUid, name: manifest.stream.name, takenMs };
  const backup = { clusterId, stream, shards, origin };
  if (options.abandon) {
    await callCoordinator(cluster, "stream.abandonRestore", backup);
    process.stdout.write(`${stream.name}: the restore was given up\n`);
    return;
  }
  await callCoordinator(cluster, "stream.beginRestore", backup);
  const leaders = new ShardLeaders(cluster, {
    stream: stream.name,
    accountId: stream.accountId,
    region: stream.region,
  });
  try {
    await awaitReady(leaders);
    const queue = [...shards];
    let bytes = 0;
    const work = async (): Promise<void> => {
      for (let shard = queue.shift(); shard !== undefined; shard = queue.shift()) {
        for (const piece of pieces[shard.shardIndex] ?? []) {
          await importPiece(store, leaders, shard.shardIndex, piece);
          bytes += piece.bytes;
        }
      }
    };
    await Promise.all(Array.from({ length: SHARDS_AT_ONCE }, work));
    await callCoordinator(cluster, "stream.finishRestore", backup);
    const report = { stream: stream.name, shards: shards.length, bytes };
    const words = `${stream.name}: ${countOf(shards.length, "shard")}, ${countOf(bytes, "byte")} restored`;
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : `${words}\n`);
  } finally {
    leaders.close();
  }
}

function isReady({ state, configState }: ShardView): boolean {
  return state === "ready" && configState === "active";
}

/** Until every shard has a leader that takes frames. */
async function awaitReady(leaders: ShardLeaders): Promise<void> {
  const giveUpMs = performance.now() + READY_WITHIN_MS;
  while (!(await leaders.refresh()).every(isReady)) {
    if (performance.now() > giveUpMs) {
      throw new ServiceError("UNAVAILABLE", "the shards have no leaders yet; millrace cluster status says why");
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function importPiece(
  store: BackupStore,
  leaders: ShardLeaders,
  shardIndex: number,
  { key, sha256 }: BackupPiece,
): Promise<void> {
  const bytes = await store.get(key);
  const runs = bytes !== undefined && sha256Hex(bytes) === sha256 ? cutFrames(bytes, MESSAGE_BYTES) : undefined;
  if (runs === undefined) {
    throw new ServiceError(
      "DAMAGED",
      `the piece ${key} of the backup is missing or damaged; the stream stays CREATING: put the piece back and run the command ` +
        "again, or give the restore up with --abandon",
    );
  }
  for (const frames of runs) {
    await leaders.ask(shardIndex, (node, { shardUid }) =>
      callUnary<ImportFramesRequest, ImportFramesReply__Output>(
        (request, callOptions, done) => node.importFrames(request, callOptions, done),
        { shardUid, frames },
        CALL_TIMEOUT_MS,
      ),
    );
  }
}
