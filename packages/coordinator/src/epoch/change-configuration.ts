/**
 * The compare-and-sets on a shard's configuration. Each answers undefined when the record in force is not the one the
 * caller acted on; a caller that lost must look again, never repeat the write.
 */
import type { ReplicaPlace, ShardRecord } from "../state/cluster-state.ts";

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
