import type { ReplicaPlace, StateChange } from "../state/cluster-state.ts";

/** The order to delete a replica that is no member any more, as of `epoch`, above whatever it can have promised. */
export function tombstoneOf(shardUid: number, { nodeId, replicaUuid }: ReplicaPlace, epoch: number): StateChange {
  return { table: "tombstone", key: replicaUuid, value: { replicaUuid, nodeId, shardUid, epoch: epoch + 1 } };
}
