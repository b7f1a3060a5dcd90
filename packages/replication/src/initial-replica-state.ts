import type { ReplicaMember, ReplicaState } from "./replica-state.ts";

/**
 * The state of a replica that has just been created, with an empty log: it has promised `epoch` (the one in which the
 * shard is being created, or the one in force when a learner is added) and adopted none. The first leader of a new
 * shard is told so by an ordinary Recover of that epoch, which reports log epoch 0 and log end 0.
 */
export function initialReplicaState(
  shardUid: number,
  replicaUuid: string,
  epoch: number,
  set: readonly ReplicaMember[],
): ReplicaState {
  return {
    shardUid,
    replicaUuid,
    promisedEpoch: epoch,
    logEpoch: 0,
    history: [{ epoch: 0, startOffset: 0 }],
    configEpoch: epoch,
    set,
    suspect: false,
    damaged: false,
    halted: false,
    logStart: 0,
    trims: [],
  };
}
