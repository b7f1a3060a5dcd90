/**
 * Gives one shard a leader: create (once), burn an epoch, seal, choose, recover, open. Holds no promise, socket or
 * clock. One attempt per burnt epoch; whatever goes wrong, the next attempt burns a higher one from the record in
 * force. What it remembers is a matter of progress, never of safety: a new machine may start from any record.
 */
import { unreachable } from "@millrace/base";
import { askToCreate, onCreated, onPlaced, openCreated, resumeCreation } from "./create-shard.ts";
import { EpochCore, type Phase } from "./epoch-core.ts";
import type { EpochCommand, EpochContext, EpochEvent } from "./epoch-step.ts";
import { onChangeSet, onHandedOver, onLeaderLost, onMoveLeader, onSuspect, takeOver } from "./leave-leader.ts";
import { onActivated, onAdopted, onLeading, onRecoverAnswered } from "./open-epoch.ts";
import { askToSeal, choose, onBurnt, onSealed, onSealFailed } from "./seal-members.ts";

/** See the file comment. */
export class EpochMachine {
  #core: EpochCore | undefined;

  /** idle: nothing under way, the record is the truth. */
  get phase(): Phase["name"] {
    return this.#core?.phase.name ?? "idle";
  }

  /** Members without whose confirmed replica the shard went on from its creation; told once. */
  takeUnconfirmed(): readonly string[] {
    if (this.#core === undefined) return [];
    const taken = this.#core.unconfirmed;
    this.#core.unconfirmed = [];
    return taken;
  }

  /** Steps once; commands are to be carried out in order. */
  step(event: EpochEvent, context: EpochContext): EpochCommand[] {
    const core = (this.#core ??= new EpochCore(context));
    core.context = context;
    core.out = [];
    if (context.record.state === "dropping") core.enter({ name: "idle" });
    else take(core, event);
    return core.out;
  }
}

function take(core: EpochCore, event: EpochEvent): void {
  switch (event.type) {
    case "placed":
      return onPlaced(core, event.leader);
    case "created":
      return onCreated(core, event.nodeId, event.ok);
    case "leaderLost":
      return onLeaderLost(core, event.nodeId, event.epoch);
    case "suspect":
      return onSuspect(core, event.nodeId, event.epoch);
    case "changeSet":
      return onChangeSet(core, event.epoch);
    case "moveLeader":
      return onMoveLeader(core, event.epoch, event.to);
    case "handedOver":
      return onHandedOver(core, event.epoch, event.ok);
    case "adopted":
      return onAdopted(core, event.nodeId, event.epoch);
    case "resume":
      return resume(core);
    case "burnt":
      return onBurnt(core, event.toEpoch, event.ok);
    case "sealed":
      return onSealed(core, event);
    case "sealFailed":
      return onSealFailed(core, event.nodeId, event.epoch);
    case "recoverAnswered":
      return onRecoverAnswered(core, event.epoch, event.ok);
    case "leading":
      return onLeading(core, event.nodeId, event.epoch);
    case "activated":
      return onActivated(core, event.epoch, event.ok);
    case "nodeUp":
      return ask(core);
    case "nodeDown":
      return nodeDown(core, event.nodeId);
    case "tick":
      return tick(core);
    default:
      return unreachable(event);
  }
}

function resume(core: EpochCore): void {
  const { record } = core.context;
  if (core.phase.name !== "idle" || record.configState !== "recovering") return;
  if (record.state === "creating") resumeCreation(core);
  else core.burn();
}

function ask(core: EpochCore): void {
  if (core.phase.name === "creating") askToCreate(core);
  else askToSeal(core);
}

function nodeDown(core: EpochCore, nodeId: string): void {
  core.asked.forget(nodeId);
  const { phase } = core;
  switch (phase.name) {
    case "idle":
      return onLeaderLost(core, nodeId, core.context.record.epoch);
    case "sealing":
      // Its promise is durable, so a later answer of it says the same or is of a new boot: forgetting it is safe.
      phase.answers.delete(nodeId);
      return;
    case "handingOver":
      if (phase.nodeId === nodeId) takeOver(core);
      return;
    case "recovering":
      if (phase.chosen.nodeId === nodeId) core.again();
      return;
    case "activating":
      if (phase.nodeId === nodeId) phase.lost = true;
      return;
    case "creating":
    case "burning":
    case "pausing":
  }
}

function tick(core: EpochCore): void {
  const { phase } = core;
  const { nowMs, record } = core.context;
  switch (phase.name) {
    case "creating":
      askToCreate(core);
      return openCreated(core);
    case "sealing":
      askToSeal(core);
      return choose(core);
    case "recovering":
      if (nowMs < phase.deadlineMs) return;
      core.avoid = phase.chosen.nodeId;
      return core.again();
    case "handingOver":
      if (nowMs >= phase.deadlineMs) takeOver(core);
      return;
    case "pausing":
      if (nowMs < phase.untilMs) return;
      core.enter({ name: "idle" });
      if (record.configState === "recovering") core.burn();
      return;
    case "idle":
    case "burning":
    case "activating":
  }
}
