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

/**
 * Restores what `place` holds. Errors: USAGE when there is no backup or the name is taken, DAMAGED for a bad piece, CONFLICT when
 * another command has finished the restore or given it up meanwhile.
 */
export async function restoreStream(place: string, options: RestoreOptions): Promise<void> {
  const cluster = findCluster(options);
  const store = await openBackupStore(place, options.s3Endpoint);
  const manifest = await readManifest(store);
  if (manifest === undefined)
    throw new ServiceError(
      "USAGE",
      `there is no backup in ${place}; millrace stream backup STREAM --to ${place} makes one`,
    );
  const stream = { ...manifest.stream, name: options.name ?? manifest.stream.name };
  const { clusterId, shards, pieces, takenMs } = manifest;
  const origin = { clusterId, streamUid: stream.streamUid, name: manifest.stream.name, takenMs };
  const backup = { clusterId, stream, shards, origin };
  if (options.abandon) {
    await callCoordinator(cluster, "stream.abandonRestore", backup);
    process.stdout.write(`${stream.name}: the restore was given up\n`);
    return;
  }
  const begun = await callCoordinator(cluster, "stream.beginRestore", backup);
  const leaders = new ShardLeaders(cluster, {
    stream: stream.name,
    accountId: stream.accountId,
    region: stream.region,
  });
  const begunUids = new Set(begun.map(({ shardUid }) => shardUid));
  try {
    await awaitReady(leaders);
    const queue = [...shards];
    let bytes = 0;
    const work = async (): Promise<void> => {
      for (let shard = queue.shift(); shard !== undefined; shard = queue.shift()) {
        for (const piece of pieces[shard.shardIndex] ?? []) {
          await importPiece({ store, leaders, begunUids }, shard.shardIndex, piece);
          bytes += piece.bytes;
        }
      }
    };
    await Promise.all(Array.from({ length: SHARDS_AT_ONCE }, work));
    await callCoordinator(cluster, "stream.finishRestore", { ...backup, begunUids: [...begunUids] });
    const report = { stream: stream.name, shards: shards.length, bytes };
    const words = `${stream.name}: ${countOf(shards.length, "shard")}, ${countOf(bytes, "byte")} restored`;
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : `${words}\n`);
  } catch (thrown) {
    throw (await endedMeanwhile(leaders, begunUids)) ?? thrown;
  } finally {
    leaders.close();
  }
}

/** That another command ended this restore, if so. */
async function endedMeanwhile(
  leaders: ShardLeaders,
  begunUids: ReadonlySet<number>,
): Promise<ServiceError | undefined> {
  const { stream } = leaders.stream;
  try {
    const shards = await leaders.refresh();
    if (!isOf(begunUids, shards)) return givenUp(stream);
    if (shards.some(({ state }) => state === "creating" || state === "ready")) return undefined;
    return new ServiceError("CONFLICT", `another command has finished the restore of ${stream}: all of it is there`);
  } catch (thrown) {
    // The stream itself is gone.
    return ServiceError.from(thrown).code === "USAGE" ? givenUp(stream) : undefined;
  }
}

/** Whether `shards` are those that were begun: a restore that was begun anew has others, and its own pieces come into them. */
function isOf(begunUids: ReadonlySet<number>, shards: readonly ShardView[]): boolean {
  return shards.every(({ shardUid, state }) => begunUids.has(shardUid) && state !== "dropping");
}

function givenUp(stream: string): ServiceError {
  return new ServiceError(
    "CONFLICT",
    `another command has given up the restore of ${stream}; to restore it, run this again`,
  );
}

/** Made, also when another command has opened it already: its own answer says so. */
function isReady({ state, configState }: ShardView): boolean {
  return state !== "creating" && configState === "active";
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

interface Import {
  readonly store: BackupStore;
  readonly leaders: ShardLeaders;
  readonly begunUids: ReadonlySet<number>;
}

async function importPiece(
  { store, leaders, begunUids }: Import,
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
    await leaders.ask(shardIndex, async (node, { shardUid }) => {
      if (!begunUids.has(shardUid)) return { ok: false, why: "SHARD_IN_USE" };
      return callUnary<ImportFramesRequest, ImportFramesReply__Output>(
        (request, callOptions, done) => node.importFrames(request, callOptions, done),
        { shardUid, frames },
        CALL_TIMEOUT_MS,
      );
    });
  }
}
