/**
 * Gives one shard a leader: create (once), burn an epoch, seal, choose, recover, open. Holds no promise, socket or
 * clock. One attempt per burnt epoch; whatever goes wrong, the next attempt burns a higher one from the record in
 * force. What it remembers is a matter of progress, never of safety: a new machine may start from any record.
 */
import type { ReplicaPlace, SetChange } from "../state/cluster-state.ts";
import { changedSet } from "./change-configuration.ts";
import { chooseReplica, majorityOf, type SealAnswer } from "./choose-replica.ts";
import type { EpochCommand, EpochContext, EpochEvent } from "./epoch-step.ts";

/** How long a quorum waits for one more answer: of another than the replica to avoid, or of the planned leader. */
const GRACE_MS = 300;
/** How long a quorum waits for the replica that is to lead: it is alive, and its answer takes one sync. */
const PREFERENCE_MS = 100;
/** A leader that has not answered by then may have resigned: the next epoch is begun without its word. */
const HAND_OVER_MS = 2_000;
/** Pause before a call to a live node that failed is repeated. */
const REPEAT_MS = 500;
/** The first attempt's time to open; doubles per attempt, because bringing a peer up may need long copying. */
const OPEN_TIMEOUT_MS = 8_000;
const OPEN_TIMEOUT_MAX_MS = 120_000;
/** Pauses between attempts: none before the second, then doubling from here. */
const PAUSE_MS = 100;
const PAUSE_MAX_MS = 5_000;

type Phase =
  | { readonly name: "idle" }
  | {
      readonly name: "creating";
      readonly confirmed: Set<string>;
      readonly leader: string;
      /** When a majority had confirmed; Infinity before. */
      enoughMs: number;
    }
  | { readonly name: "handingOver"; readonly nodeId: string; readonly to: string; readonly deadlineMs: number }
  | { readonly name: "burning"; readonly toEpoch: number }
  | { readonly name: "sealing"; readonly answers: Map<string, SealAnswer>; readonly since: number }
  | { readonly name: "recovering"; readonly chosen: SealAnswer; readonly deadlineMs: number }
  | { readonly name: "activating"; readonly nodeId: string; lost: boolean }
  | { readonly name: "pausing"; readonly untilMs: number };

/** See the file comment. */
export class EpochMachine {
  #phase: Phase = { name: "idle" };
  /** The epoch of the attempt under way; answers that carry another one are late. */
  #epoch = 0;
  #attempts = 0;
  #avoid = "";
  #prefer = "";
  /** A follower became suspect in the epoch that is being opened: once open it makes way for the next. */
  #repairDue = false;
  /** The change this attempt is to install. The next attempt, should this one fail, brings the old set back to work. */
  #change: SetChange | undefined;
  /** Highest promise heard of: after lost metadata, epochs up to it may be taken. */
  #promisedFloor = 0;
  /** When each node was last asked in this phase; asked again after {@link REPEAT_MS} once the call has failed. */
  readonly #askedAtMs = new Map<string, number>();
  readonly #outstanding = new Set<string>();
  #unconfirmed: readonly string[] = [];

  /** idle: nothing under way, the record is the truth. */
  get phase(): Phase["name"] {
    return this.#phase.name;
  }

  /** Members without whose confirmed replica the shard went on from its creation; told once. */
  takeUnconfirmed(): readonly string[] {
    const taken = this.#unconfirmed;
    this.#unconfirmed = [];
    return taken;
  }

  /** Steps once; commands are to be carried out in order. */
  step(event: EpochEvent, context: EpochContext): EpochCommand[] {
    const commands: EpochCommand[] = [];
    if (context.record.state === "dropping") this.#enter({ name: "idle" });
    else this.#step(event, context, commands);
    return commands;
  }

  #step(event: EpochEvent, context: EpochContext, out: EpochCommand[]): void {
    switch (event.type) {
      case "placed":
        if (this.#phase.name !== "idle" || context.record.epoch !== 1) return;
        this.#epoch = 1;
        this.#enter({ name: "creating", confirmed: new Set(), leader: event.leader, enoughMs: Infinity });
        return this.#askToCreate(context, out);
      case "created":
        return this.#created(event.nodeId, event.ok, context, out);
      case "leaderLost":
        return this.#leaderLost(event, context, out);
      case "suspect":
        return this.#suspect(event.nodeId, event.epoch, context, out);
      case "changeSet":
        return this.#changeSet(event.epoch, context, out);
      case "moveLeader":
        return this.#moveLeader(event.epoch, event.to, context, out);
      case "handedOver":
        return this.#handedOver(event.epoch, event.ok, context, out);
      case "adopted":
        return this.#adopted(event.nodeId, event.epoch, context, out);
      case "resume":
        return this.#resume(context, out);
      case "burnt":
        return this.#burnt(event.toEpoch, event.ok, context, out);
      case "sealed":
        return this.#sealed(event, context, out);
      case "sealFailed":
        if (this.#phase.name === "sealing" && event.epoch === this.#epoch) this.#outstanding.delete(event.nodeId);
        return;
      case "recoverAnswered":
        if (this.#phase.name === "recovering" && event.epoch === this.#epoch && !event.ok) this.#again(context, out);
        return;
      case "leading":
        return this.#leading(event.nodeId, event.epoch, context, out);
      case "activated":
        return this.#activated(event.epoch, event.ok, context, out);
      case "nodeUp":
        return this.#ask(context, out);
      case "nodeDown":
        return this.#nodeDown(event.nodeId, context, out);
      case "tick":
        return this.#tick(context, out);
    }
  }

  #created(nodeId: string, ok: boolean, context: EpochContext, out: EpochCommand[]): void {
    const phase = this.#phase;
    if (phase.name !== "creating") return;
    this.#outstanding.delete(nodeId);
    if (!ok) return;
    phase.confirmed.add(nodeId);
    this.#openCreated(context, out);
  }

  #openCreated(context: EpochContext, out: EpochCommand[]): void {
    const phase = this.#phase;
    if (phase.name !== "creating") return;
    const { record } = context;
    const confirmed = record.set.filter((member) => phase.confirmed.has(member.nodeId));
    if (confirmed.length < majorityOf(record.set.length)) return;
    phase.enoughMs = Math.min(phase.enoughMs, context.nowMs);
    const mayConfirm = this.#outstanding.has(phase.leader) && context.isUp(phase.leader);
    if (mayConfirm && context.nowMs < phase.enoughMs + GRACE_MS) return;
    this.#unconfirmed = record.set.map((member) => member.nodeId).filter((id) => !phase.confirmed.has(id));
    // An epoch above the one that placed the shard may have been used before a restart: ask what is there.
    if (record.epoch !== 1 || this.#epoch !== 1) return this.#burn(context, out);
    const live = confirmed.filter((member) => context.isUp(member.nodeId));
    const leader = live.find((member) => member.nodeId === phase.leader) ?? live[0];
    if (leader === undefined) return this.#burn(context, out);
    // A replica just created has adopted no epoch and holds nothing; Recover is refused if that is not so.
    const boot = context.bootOf(leader.nodeId);
    this.#recover(
      { nodeId: leader.nodeId, replicaUuid: leader.replicaUuid, boot, logEpoch: 0, logEnd: 0 },
      context,
      out,
    );
  }

  #leaderLost(event: EpochEvent & { type: "leaderLost" }, context: EpochContext, out: EpochCommand[]): void {
    const { record } = context;
    if (event.epoch !== record.epoch) return;
    if (this.#phase.name === "idle" && record.configState === "active" && record.leader === event.nodeId) {
      this.#avoid = event.nodeId;
      this.#burn(context, out);
    } else if (this.#phase.name === "handingOver" && this.#phase.nodeId === event.nodeId) {
      this.#takeOver(context, out);
    } else if (this.#phase.name === "recovering" && this.#phase.chosen.nodeId === event.nodeId) {
      this.#avoid = event.nodeId;
      this.#again(context, out);
    } else if (this.#phase.name === "activating" && this.#phase.nodeId === event.nodeId) {
      this.#phase.lost = true;
    }
  }

  #changeSet(epoch: number, context: EpochContext, out: EpochCommand[]): void {
    const { record } = context;
    const { pending } = record;
    if (this.#phase.name !== "idle" || record.configState !== "active" || record.epoch !== epoch) return;
    if (pending === undefined) return;
    this.#change = pending;
    this.#avoid = pending.remove.nodeId;
    // The member that goes cannot install its own end, even if it leads now.
    this.#prefer = record.leader === pending.remove.nodeId ? "" : record.leader;
    this.#burn(context, out);
  }

  /** Another replica leads and stays the favourite: a new epoch only lets it copy its log to the suspect one. */
  #suspect(nodeId: string, epoch: number, context: EpochContext, out: EpochCommand[]): void {
    const { record } = context;
    if (epoch !== record.epoch) return;
    if (record.leader === nodeId || this.#phase.name === "recovering" || this.#phase.name === "activating") {
      this.#repairDue = true;
      return this.#leaderLost({ type: "leaderLost", epoch, nodeId, why: "suspect" }, context, out);
    }
    // Members say so again and again: without a majority of sound ones a new epoch would only wait for them.
    const sound = record.set.filter((member) => member.nodeId !== nodeId && context.isUp(member.nodeId));
    if (sound.length < majorityOf(record.set.length)) return;
    if (this.#phase.name === "idle" && record.configState === "active") this.#beginRepair(context, out);
  }

  #beginRepair(context: EpochContext, out: EpochCommand[]): void {
    this.#prefer = context.record.leader;
    this.#burn(context, out);
  }

  #moveLeader(epoch: number, to: string, context: EpochContext, out: EpochCommand[]): void {
    const { record } = context;
    if (this.#phase.name !== "idle" || record.configState !== "active" || record.epoch !== epoch) return;
    const member = memberOf(record.set, to);
    if (member === undefined || record.leader === to || !context.isUp(to)) return;
    const { leader: nodeId } = record;
    this.#enter({ name: "handingOver", nodeId, to, deadlineMs: context.nowMs + HAND_OVER_MS });
    out.push({ type: "handOver", nodeId, epoch, toReplicaUuid: member.replicaUuid });
  }

  #handedOver(epoch: number, ok: boolean, context: EpochContext, out: EpochCommand[]): void {
    if (this.#phase.name !== "handingOver" || epoch !== context.record.epoch) return;
    if (ok) this.#takeOver(context, out);
    else this.#enter({ name: "idle" });
  }

  /** The leader has resigned in favour of another, or may have. */
  #takeOver(context: EpochContext, out: EpochCommand[]): void {
    if (this.#phase.name !== "handingOver") return;
    this.#avoid = this.#phase.nodeId;
    this.#prefer = this.#phase.to;
    this.#burn(context, out);
  }

  #adopted(nodeId: string, epoch: number, context: EpochContext, out: EpochCommand[]): void {
    const { record } = context;
    if (epoch !== record.epoch) return;
    if (this.#phase.name === "idle" && record.configState === "active" && record.leader === nodeId) {
      out.push({ type: "confirm", nodeId, epoch });
      return;
    }
    if (this.#phase.name !== "recovering" || this.#phase.chosen.nodeId !== nodeId || this.#change === undefined) return;
    this.#enter({ name: "activating", nodeId, lost: false });
    out.push({ type: "activate", epoch, leader: nodeId, change: this.#change });
  }

  #resume(context: EpochContext, out: EpochCommand[]): void {
    const { record } = context;
    if (this.#phase.name !== "idle" || record.configState !== "recovering") return;
    if (record.state !== "creating") return this.#burn(context, out);
    this.#epoch = 0;
    this.#enter({ name: "creating", confirmed: new Set(), leader: leastLoaded(context), enoughMs: Infinity });
    this.#askToCreate(context, out);
  }

  #burnt(toEpoch: number, ok: boolean, context: EpochContext, out: EpochCommand[]): void {
    if (this.#phase.name !== "burning" || this.#phase.toEpoch !== toEpoch) return;
    if (!ok) {
      // Somebody else changed the configuration. If he opens it, it is settled; if it stays recovering, try later.
      if (context.record.configState === "active") return this.#enter({ name: "idle" });
      return this.#pause(context);
    }
    this.#epoch = toEpoch;
    this.#enter({ name: "sealing", answers: new Map(), since: context.nowMs });
    this.#ask(context, out);
  }

  #sealed(event: EpochEvent & { type: "sealed" }, context: EpochContext, out: EpochCommand[]): void {
    const { report, nodeId } = event;
    if (this.#phase.name !== "sealing" || event.epoch !== this.#epoch) return;
    this.#outstanding.delete(nodeId);
    if (report.promisedEpoch > this.#epoch) {
      this.#promisedFloor = Math.max(this.#promisedFloor, report.promisedEpoch);
      return this.#again(context, out);
    }
    const member = memberOf(context.record.set, nodeId);
    if (!report.ok || report.suspect || member?.replicaUuid !== report.replicaUuid) return;
    const { logEpoch, logEnd, replicaUuid } = report;
    // A replica of an opened shard that has adopted nothing was made late, perhaps in place of one that was lost.
    if (logEpoch === 0 && context.record.state !== "creating") return;
    this.#phase.answers.set(nodeId, { nodeId, replicaUuid, boot: event.boot, logEpoch, logEnd });
    this.#choose(context, out);
  }

  #choose(context: EpochContext, out: EpochCommand[]): void {
    if (this.#phase.name !== "sealing") return;
    const { set } = context.record;
    const answers = [...this.#phase.answers.values()];
    const waitedMs = context.nowMs - this.#phase.since;
    const mayImprove = answers.length < set.length && answers.some((answer) => answer.nodeId === this.#avoid);
    if (mayImprove && waitedMs < GRACE_MS) return;
    const awaitsPreferred = this.#outstanding.has(this.#prefer) && context.isUp(this.#prefer);
    if (awaitsPreferred && waitedMs < PREFERENCE_MS) return;
    const chosen = chooseReplica({
      answers,
      setSize: set.length,
      loadOf: context.loadOf,
      avoid: this.#avoid,
      prefer: this.#prefer,
    });
    if (chosen !== undefined) this.#recover(chosen, context, out);
  }

  #recover(chosen: SealAnswer, context: EpochContext, out: EpochCommand[]): void {
    const timeoutMs = Math.min(OPEN_TIMEOUT_MS * 2 ** this.#attempts, OPEN_TIMEOUT_MAX_MS);
    const { set, pending } = context.record;
    // The leader must be in both sets; and a change that was given up meanwhile can no longer be installed.
    const isStillPending = pending !== undefined && pending.add.replicaUuid === this.#change?.add.replicaUuid;
    if (!isStillPending || pending.remove.nodeId === chosen.nodeId) this.#change = undefined;
    const change = this.#change;
    this.#enter({ name: "recovering", chosen, deadlineMs: context.nowMs + timeoutMs });
    const target = change === undefined ? set : changedSet(set, change);
    out.push({ type: "recover", epoch: this.#epoch, chosen, set: target, setChanges: change !== undefined });
  }

  #leading(nodeId: string, epoch: number, context: EpochContext, out: EpochCommand[]): void {
    const { record } = context;
    if (epoch !== record.epoch || record.configState !== "recovering") return;
    const expected = this.#phase.name === "recovering" && this.#phase.chosen.nodeId === nodeId;
    // Idle: the coordinator restarted between Recover and the opening. The epoch was burnt once and has one leader.
    if (!expected && this.#phase.name !== "idle") return;
    // With a changed set nobody leads before that is installed.
    if (expected && this.#change !== undefined) return;
    this.#epoch = epoch;
    this.#enter({ name: "activating", nodeId, lost: false });
    out.push({ type: "activate", epoch, leader: nodeId, change: undefined });
  }

  #activated(epoch: number, ok: boolean, context: EpochContext, out: EpochCommand[]): void {
    if (this.#phase.name !== "activating" || epoch !== this.#epoch) return;
    const { nodeId, lost } = this.#phase;
    const changed = this.#change !== undefined;
    this.#change = undefined;
    this.#enter({ name: "idle" });
    if (!ok) {
      if (context.record.configState === "recovering") this.#pause(context);
      return;
    }
    this.#attempts = 0;
    this.#avoid = "";
    this.#prefer = "";
    if (changed) out.push({ type: "confirm", nodeId, epoch });
    // It may have died or resigned while the record was being written.
    if (lost || !context.isUp(nodeId))
      this.#leaderLost({ type: "leaderLost", epoch, nodeId, why: "at once" }, context, out);
    else if (this.#repairDue) this.#beginRepair(context, out);
  }

  #nodeDown(nodeId: string, context: EpochContext, out: EpochCommand[]): void {
    this.#outstanding.delete(nodeId);
    this.#askedAtMs.delete(nodeId);
    switch (this.#phase.name) {
      case "idle": {
        const { epoch } = context.record;
        return this.#leaderLost({ type: "leaderLost", epoch, nodeId, why: "dead or restarted" }, context, out);
      }
      case "sealing":
        // Its promise is durable, so a later answer of it says the same or is of a new boot: forgetting it is safe.
        this.#phase.answers.delete(nodeId);
        return;
      case "handingOver":
        if (this.#phase.nodeId === nodeId) this.#takeOver(context, out);
        return;
      case "recovering":
        if (this.#phase.chosen.nodeId === nodeId) this.#again(context, out);
        return;
      case "activating":
        if (this.#phase.nodeId === nodeId) this.#phase.lost = true;
        return;
      case "creating":
      case "burning":
      case "pausing":
    }
  }

  #tick(context: EpochContext, out: EpochCommand[]): void {
    switch (this.#phase.name) {
      case "creating":
        this.#ask(context, out);
        return this.#openCreated(context, out);
      case "sealing":
        this.#ask(context, out);
        return this.#choose(context, out);
      case "recovering":
        if (context.nowMs < this.#phase.deadlineMs) return;
        this.#avoid = this.#phase.chosen.nodeId;
        return this.#again(context, out);
      case "handingOver":
        if (context.nowMs >= this.#phase.deadlineMs) this.#takeOver(context, out);
        return;
      case "pausing":
        if (context.nowMs < this.#phase.untilMs) return;
        this.#enter({ name: "idle" });
        if (context.record.configState === "recovering") this.#burn(context, out);
        return;
      case "idle":
      case "burning":
      case "activating":
    }
  }

  #burn(context: EpochContext, out: EpochCommand[]): void {
    const fromEpoch = context.record.epoch;
    const toEpoch = Math.max(fromEpoch, this.#promisedFloor) + 1;
    this.#repairDue = false;
    this.#enter({ name: "burning", toEpoch });
    out.push({ type: "burn", fromEpoch, toEpoch });
  }

  /** The attempt failed: a higher epoch, at once the first time, after a growing pause then. */
  #again(context: EpochContext, out: EpochCommand[]): void {
    this.#change = undefined;
    this.#prefer = "";
    this.#attempts += 1;
    if (this.#attempts === 1) this.#burn(context, out);
    else this.#pause(context);
  }

  #pause(context: EpochContext): void {
    const pauseMs = Math.min(PAUSE_MS * 2 ** Math.min(this.#attempts, 20), PAUSE_MAX_MS);
    this.#enter({ name: "pausing", untilMs: context.nowMs + pauseMs });
  }

  #ask(context: EpochContext, out: EpochCommand[]): void {
    if (this.#phase.name === "creating") return this.#askToCreate(context, out);
    if (this.#phase.name !== "sealing") return;
    const { answers } = this.#phase;
    for (const { nodeId, replicaUuid } of this.#toAsk(context, (id) => answers.has(id))) {
      out.push({ type: "seal", nodeId, replicaUuid, epoch: this.#epoch });
    }
  }

  #askToCreate(context: EpochContext, out: EpochCommand[]): void {
    if (this.#phase.name !== "creating") return;
    const { confirmed } = this.#phase;
    for (const { nodeId, replicaUuid } of this.#toAsk(context, (id) => confirmed.has(id))) {
      out.push({ type: "create", nodeId, replicaUuid, epoch: context.record.epoch });
    }
  }

  #toAsk(context: EpochContext, isDone: (nodeId: string) => boolean): ReplicaPlace[] {
    const asked: ReplicaPlace[] = [];
    for (const member of context.record.set) {
      const { nodeId } = member;
      if (isDone(nodeId) || this.#outstanding.has(nodeId) || !context.isUp(nodeId)) continue;
      if (context.nowMs < (this.#askedAtMs.get(nodeId) ?? -Infinity) + REPEAT_MS) continue;
      this.#askedAtMs.set(nodeId, context.nowMs);
      this.#outstanding.add(nodeId);
      asked.push(member);
    }
    return asked;
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#askedAtMs.clear();
    this.#outstanding.clear();
  }
}

/** The member to plan as leader; empty when none is up. */
function leastLoaded({ record, isUp, loadOf }: EpochContext): string {
  const live = record.set.map(({ nodeId }) => nodeId).filter((nodeId) => isUp(nodeId));
  return live.reduce((best, nodeId) => (best === "" || loadOf(nodeId) < loadOf(best) ? nodeId : best), "");
}

function memberOf(set: readonly ReplicaPlace[], nodeId: string): ReplicaPlace | undefined {
  return set.find((member) => member.nodeId === nodeId);
}
