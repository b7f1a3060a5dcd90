/** Makes the replicas a log store recovered into followers: leadership is never restored. */
import type { LogStore } from "@millrace/log-store";
import { frameKind } from "@millrace/model";
import { decodeReplicaState, type ReplicaContract, type ReplicaStart } from "@millrace/replication";
import { HeldReplica } from "./held-replica.ts";
import type { ReplicaHost } from "./replica-host.ts";

/** Makes a machine; `createReplica` of the replication package. */
export type ReplicaFactory = (start: ReplicaStart) => ReplicaContract;

/**
 * Adds every recovered replica to `host`. Answers the shards whose state is unreadable: without an identity they are
 * nobody's replica (a seal gets NO_SUCH_REPLICA), and their data stays on the disk until a tombstone names it.
 */
export function recoverReplicas(host: ReplicaHost, logStore: LogStore, createReplica: ReplicaFactory): number[] {
  const unreadable: number[] = [];
  host.batch(() => {
    for (const [shardUid, found] of logStore.recovered) {
      const state = found.state && decodeReplicaState(found.state);
      if (state === undefined || state.shardUid !== shardUid) {
        unreadable.push(shardUid);
        continue;
      }
      const replica = createReplica({
        nodeId: logStore.nodeId,
        boot: logStore.boot,
        state,
        logEnd: found.logEnd,
        lastFrameEpoch: found.lastFrameEpoch,
        lastArrivalMs: found.lastArrivalMs,
        closed: found.lastFrameKind === frameKind.close,
      });
      const held = new HeldReplica(replica, state.set, state.configEpoch, found.lastArrivalMs);
      host.add(held);
      // A trim is a hint the log store may not have kept.
      if (state.logStart > 0) logStore.trim(shardUid, state.logStart);
      if (found.damaged) host.feed(held, { type: "damaged" });
    }
  });
  return unreadable;
}
