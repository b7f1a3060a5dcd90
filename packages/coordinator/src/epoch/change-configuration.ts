/**
 * The compare-and-sets on a shard's configuration. Each answers undefined when the record in force is not the one the
 * caller acted on; a caller that lost must look again, never repeat the write.
 */
import type { ReplicaPlace, SetChange, ShardRecord } from "../state/cluster-state.ts";

/** Unplaced → epoch 1 recovering on `set`. The planned leader is not written: nobody leads yet. */
export function placeConfiguration(
  record: ShardRecord | undefined,
  set: readonly ReplicaPlace[],
): ShardRecord | undefined {
  if (record?.configState !== "unplaced" || record.state !== "creating") return undefined;
  return { ...record, epoch: 1, configState: "recovering", leader: "", set };
}

/** Burns `toEpoch`: from here on no attempt at a lower epoch can finish. The set stays. */
export function burnEpoch(
  record: ShardRecord | undefined,
  fromEpoch: number,
  toEpoch: number,
): ShardRecord | undefined {
  if (record === undefined || record.configState === "unplaced" || record.state === "dropping") return undefined;
  if (record.epoch !== fromEpoch || toEpoch <= fromEpoch) return undefined;
  return { ...record, epoch: toEpoch, configState: "recovering", leader: "" };
}

/** Recovering → active under `leader`, at the very epoch that was burnt. A shard that was being created is ready. */
export function activateEpoch(record: ShardRecord | undefined, epoch: number, leader: string): ShardRecord | undefined {
  if (record?.configState !== "recovering" || record.epoch !== epoch) return undefined;
  if (!record.set.some((member) => member.nodeId === leader)) return undefined;
  const state = record.state === "creating" ? "ready" : record.state;
  return { ...record, state, configState: "active", leader };
}

/** The set with the change made. Order is kept: the new member takes the place of the old. */
export function changedSet(set: readonly ReplicaPlace[], { add, remove }: SetChange): readonly ReplicaPlace[] {
  return set.map((member) => (member.replicaUuid === remove.replicaUuid ? add : member));
}

/**
 * Notes that `change` is under way: one at a time, never two copies in one zone or on one node. A set of one replica is
 * never changed: the only copy would have to agree to its own end.
 */
export function beginSetChange(record: ShardRecord | undefined, change: SetChange): ShardRecord | undefined {
  if (record === undefined || record.pending !== undefined || record.set.length === 1) return undefined;
  if (record.state !== "open" && record.state !== "closed") return undefined;
  const stay = record.set.filter((member) => member.replicaUuid !== change.remove.replicaUuid);
  if (stay.length !== record.set.length - 1) return undefined;
  const clashes = stay.some(({ nodeId, zone }) => nodeId === change.add.nodeId || zone === change.add.zone);
  return clashes || change.add.nodeId === change.remove.nodeId ? undefined : { ...record, pending: change };
}

/** Gives the change up that would add `replicaUuid`. An attempt to install it can then no longer succeed. */
export function cancelSetChange(record: ShardRecord | undefined, replicaUuid: string): ShardRecord | undefined {
  if (record?.pending?.add.replicaUuid !== replicaUuid) return undefined;
  const { pending: _, ...rest } = record;
  return rest;
}

/** Recovering → active with the changed set, at the very epoch in which a majority of that set has adopted. */
export function installSet(
  record: ShardRecord | undefined,
  epoch: number,
  leader: string,
  change: SetChange,
): ShardRecord | undefined {
  if (record?.configState !== "recovering" || record.epoch !== epoch) return undefined;
  const rest = cancelSetChange(record, change.add.replicaUuid);
  if (rest === undefined || record.state === "dropping") return undefined;
  const set = changedSet(record.set, change);
  if (!set.some((member) => member.nodeId === leader)) return undefined;
  return { ...rest, configState: "active", leader, set };
}
