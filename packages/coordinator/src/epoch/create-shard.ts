/** The first leader of a new shard: replicas are made, and with a majority of them one is told to lead. */
import type { EpochCore } from "./epoch-core.ts";
import type { EpochContext } from "./epoch-step.ts";
import { majorityOf } from "./choose-replica.ts";
import { recover } from "./open-epoch.ts";

/** How long a majority waits for the replica that is planned to lead. */
const GRACE_MS = 300;

/** This coordinator has just placed the shard. */
export function onPlaced(core: EpochCore, leader: string): void {
  if (core.phase.name !== "idle" || core.context.record.epoch !== 1) return;
  core.epoch = 1;
  beginCreation(core, leader);
}

/** An earlier coordinator placed it, and nobody knows how far that came. */
export function resumeCreation(core: EpochCore): void {
  core.epoch = 0;
  beginCreation(core, leastLoaded(core.context));
}

/** A node made its replica, or failed to. */
export function onCreated(core: EpochCore, nodeId: string, ok: boolean): void {
  if (core.phase.name !== "creating") return;
  core.asked.answered(nodeId);
  if (!ok) return;
  core.phase.confirmed.add(nodeId);
  openCreated(core);
}

/** Goes on as soon as a majority has its replica and the planned leader had its time. */
export function openCreated(core: EpochCore): void {
  const { phase, context } = core;
  if (phase.name !== "creating") return;
  const { record } = context;
  const confirmed = record.set.filter((member) => phase.confirmed.has(member.nodeId));
  if (confirmed.length < majorityOf(record.set.length)) return;
  phase.enoughMs = Math.min(phase.enoughMs, context.nowMs);
  const mayConfirm = core.asked.awaits(phase.leader) && context.isUp(phase.leader);
  if (mayConfirm && context.nowMs < phase.enoughMs + GRACE_MS) return;
  core.unconfirmed = record.set.map((member) => member.nodeId).filter((id) => !phase.confirmed.has(id));
  // An epoch above the one that placed the shard may have been used before a restart: ask what is there.
  if (record.epoch !== 1 || core.epoch !== 1) return core.burn();
  const live = confirmed.filter((member) => context.isUp(member.nodeId));
  const leader = live.find((member) => member.nodeId === phase.leader) ?? live[0];
  if (leader === undefined) return core.burn();
  // A replica just created has adopted no epoch and holds nothing; Recover is refused if that is not so.
  const { nodeId, replicaUuid } = leader;
  recover(core, { nodeId, replicaUuid, boot: context.bootOf(nodeId), logEpoch: 0, logEnd: 0 });
}

/** Asks those who have not confirmed their replica. */
export function askToCreate(core: EpochCore): void {
  if (core.phase.name !== "creating") return;
  const { confirmed } = core.phase;
  const { epoch } = core.context.record;
  for (const { nodeId, replicaUuid } of core.asked.take(core.context, (id) => confirmed.has(id))) {
    core.out.push({ type: "create", nodeId, replicaUuid, epoch });
  }
}

function beginCreation(core: EpochCore, leader: string): void {
  core.enter({ name: "creating", confirmed: new Set(), leader, enoughMs: Infinity });
  askToCreate(core);
}

/** The member to plan as leader; empty when none is up. */
function leastLoaded({ record, isUp, loadOf }: EpochContext): string {
  const live = record.set.map(({ nodeId }) => nodeId).filter((nodeId) => isUp(nodeId));
  return live.reduce((best, nodeId) => (best === "" || loadOf(nodeId) < loadOf(best) ? nodeId : best), "");
}
