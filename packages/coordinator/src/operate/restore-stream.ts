/**
 * A stream from a backup: its records are made anew under new uids, with everything that sequence numbers are computed
 * from as it was. It is CREATING, so that no client can write, until all frames are in. Pure.
 */
import { ServiceError } from "@millrace/base";
import { decodeInput } from "@millrace/kinesis";
import type { BackupOrigin, ClusterState, ShardRecord, StateChange, StreamRecord } from "../state/cluster-state.ts";
import { streamNameKey } from "../state/cluster-tables.ts";
import type { StreamBackup, StreamRestore } from "./operate-contract.ts";

/** What a command decided: changes, and the stream they are of. */
export interface RestoreStep {
  readonly changes: readonly StateChange[];
  readonly streamUid: number;
}

/**
 * Begins a restore under the backup's name, or goes on with one from the same backup. Errors: USAGE when the name is taken, or
 * being restored from another, or none for a stream.
 */
export function beginRestore(state: ClusterState, backup: StreamRestore, nowMs: number): RestoreStep {
  const { stream, shards, origin } = backup;
  const known = state.streamsByName.get(streamNameKey(stream));
  if (known?.restoring === true) {
    requireSameOrigin(known, backup, state.shardsOf(known.streamUid).length);
    return { changes: [], streamUid: known.streamUid };
  }
  if (known !== undefined)
    throw new ServiceError("USAGE", `there is a stream ${stream.name} already; choose another name with --name`);
  // By any other name it could be neither read nor deleted through the Kinesis API.
  if ("error" in decodeInput("json", "DescribeStreamSummary", { StreamName: stream.name })) {
    throw new ServiceError(
      "USAGE",
      "a stream's name is 1 to 128 of the characters a-z, A-Z, 0-9, _, . and -; choose another with --name",
    );
  }
  const { nextStreamUid: streamUid, nextShardUid } = state.cluster;
  const uidOf = new Map(shards.map(({ shardUid }, position) => [shardUid, nextShardUid + position]));
  const made = shards.map((shard): ShardRecord => ({
    shardUid: uidOf.get(shard.shardUid) ?? 0,
    streamUid,
    shardIndex: shard.shardIndex,
    startingHashKey: shard.startingHashKey,
    endingHashKey: shard.endingHashKey,
    state: "creating",
    createdSeconds: 0,
    parentShardUids: shard.parentShardUids.flatMap((uid) => uidOf.get(uid) ?? []),
    parentShardIds: shard.parentShardIds,
    closedMs: 0,
    endOffset: 0,
    epoch: 0,
    configState: "unplaced",
    leader: "",
    set: [],
  }));
  const { reshard: _, ...kept } = stream;
  const value: StreamRecord = {
    ...kept,
    streamUid,
    status: "CREATING",
    createdMs: nowMs,
    reshard: undefined,
    activeAtMs: 0,
    restoring: true,
    ...(origin === undefined ? {} : { restoredFrom: origin }),
  };
  const cluster = { ...state.cluster, nextStreamUid: streamUid + 1, nextShardUid: nextShardUid + shards.length };
  return {
    streamUid,
    changes: [
      { table: "cluster", key: "cluster", value: cluster },
      { table: "stream", key: streamUid, value },
      ...made.map((shard) => ({ table: "shard", key: shard.shardUid, value: shard }) as const),
    ],
  };
}

/** Opens the stream. Errors: USAGE when it is not being restored or a shard has no leader yet, CONFLICT when it was begun anew. */
export function finishRestore(state: ClusterState, backup: StreamRestore): RestoreStep {
  const { stream, shards, begunUids } = backup;
  const found = restoring(state, stream);
  requireSameOrigin(found, backup, shards.length);
  const begun = begunUids === undefined ? undefined : new Set(begunUids);
  if (begun !== undefined && state.shardsOf(found.streamUid).some(({ shardUid }) => !begun.has(shardUid)))
    throw new ServiceError("CONFLICT", `the restore of ${stream.name} was given up and begun anew`);
  const originals = new Map(shards.map((shard) => [shard.shardIndex, shard]));
  const changes = state.shardsOf(found.streamUid).map((shard): StateChange => {
    const original = originals.get(shard.shardIndex);
    if (original === undefined || shard.state !== "ready") {
      throw new ServiceError("USAGE", `shard ${shard.shardIndex} of ${stream.name} is not ready`);
    }
    const { createdSeconds, closedMs, endOffset } = original;
    const end =
      original.state === "closed" ? ({ state: "closed", closedMs, endOffset } as const) : { state: "open" as const };
    return { table: "shard", key: shard.shardUid, value: { ...shard, createdSeconds, ...end } };
  });
  const { restoring: _, restoredFrom: __, ...rest } = found;
  const value: StreamRecord = { ...rest, status: "ACTIVE" };
  return { streamUid: found.streamUid, changes: [...changes, { table: "stream", key: found.streamUid, value }] };
}

/** Gives a restore up: what was imported is deleted. */
export function abandonRestore(state: ClusterState, stream: StreamBackup["stream"], nowMs: number): RestoreStep {
  const { restoring: _, restoredFrom: __, ...rest } = restoring(state, stream);
  const value: StreamRecord = { ...rest, status: "DELETING", activeAtMs: nowMs };
  return { streamUid: rest.streamUid, changes: [{ table: "stream", key: rest.streamUid, value }] };
}

function restoring(state: ClusterState, stream: StreamBackup["stream"]): StreamRecord {
  const found = state.streamsByName.get(streamNameKey(stream));
  if (found?.restoring === true) return found;
  throw new ServiceError("USAGE", `stream ${stream.name} is not being restored`);
}

/** Two backups in one stream would be neither. */
function requireSameOrigin(found: StreamRecord, { origin, shards }: StreamRestore, shardCount: number): void {
  const { restoredFrom, name } = found;
  const isSame =
    restoredFrom === undefined ||
    origin === undefined ||
    (restoredFrom.clusterId === origin.clusterId &&
      restoredFrom.streamUid === origin.streamUid &&
      restoredFrom.takenMs === origin.takenMs);
  if (isSame && shards.length === shardCount) return;
  throw new ServiceError(
    "USAGE",
    `a restore of ${name} from ${originWords(restoredFrom)} is unfinished, and this is ${originWords(origin)}: ` +
      "go on with the same backup, choose another name with --name, or give the unfinished one up with --abandon",
  );
}

function originWords(origin: BackupOrigin | undefined): string {
  if (origin === undefined) return "another backup";
  const { name, clusterId, streamUid, takenMs } = origin;
  return `the backup of ${name} (stream ${streamUid} of cluster ${clusterId}) taken ${new Date(takenMs).toISOString()}`;
}
