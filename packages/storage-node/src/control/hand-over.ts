/**
 * Giving the leadership of one shard to a chosen peer: puts wait at the gateways from here on, what was admitted is
 * committed, the peer holds all of it, and only then the leader resigns. Nothing is in doubt when the next epoch begins.
 */
import { sleep, type Clock } from "@millrace/base";
import type { AppendService } from "../append/append-service.ts";
import type { HeldReplica } from "../replica/held-replica.ts";
import type { ReplicaHost } from "../replica/replica-host.ts";

/** Puts wait this long at most for nothing: a peer that is not level by then is too far behind, and the leader goes on. */
const LEVEL_DEADLINE_MS = 250;
const LOOK_AGAIN_MS = 2;

/** What a hand-over works with. */
export interface HandOverParts {
  readonly host: ReplicaHost;
  readonly appends: AppendService;
  readonly clock: Clock;
}

/** Empty once the leader of `epoch` has resigned with the peer level; else why it goes on leading. */
export async function handOver(
  { host, appends, clock }: HandOverParts,
  held: HeldReplica,
  epoch: number,
  toReplicaUuid: string,
): Promise<string> {
  const { replica, shardUid } = held;
  const leads = (): boolean => held.serving && replica.promisedEpoch === epoch;
  if (!leads()) return "NOT_LEADER";
  appends.pause(shardUid);
  const untilMs = clock.monotonicMs() + LEVEL_DEADLINE_MS;
  for (;;) {
    if (!leads()) return "NOT_LEADER";
    const peer = replica.peerStates().find((each) => each.replicaUuid === toReplicaUuid);
    const finished = appends.appenderOf(shardUid)?.waitingCount === 0 && replica.commitOffset === replica.logEnd;
    if (finished && peer?.adopted === true && peer.recordsBehind === 0) {
      host.feed(held, { type: "resign" });
      return "";
    }
    if (peer === undefined || clock.monotonicMs() >= untilMs) {
      appends.resume(shardUid);
      return peer === undefined ? "NO_SUCH_PEER" : "NOT_LEVEL";
    }
    await sleep(clock, LOOK_AGAIN_MS);
  }
}
