/**
 * One random history of the protocol's bare core from a seed: the real replica machines and the real epoch machine, with
 * messages and calls lost, doubled, late and out of order, processes and coordinators that die between any two steps,
 * disks that are lost, sets that change. Ends by healing: the shard must then commit, with three equal copies.
 */
import { frameKind } from "@millrace/model";
import { beginSetChange, changedSet } from "../../../packages/coordinator/src/epoch/change-configuration.ts";
import { shardRecord } from "../../../packages/coordinator/src/epoch/testing/epoch-lab.ts";
import type { ReplicaPlace } from "../../../packages/coordinator/src/state/cluster-state.ts";
import type { LabMessage } from "../../../packages/replication/src/testing/replica-lab.ts";
import { logEndOf } from "../../../packages/replication/src/testing/lab-disk.ts";
import { Dice } from "../world/dice.ts";
import { CoreCoordinator } from "./core-coordinator.ts";
import type { CoreMutant } from "./core-mutant.ts";
import { MutantLab } from "./mutant-lab.ts";

/** Random steps of an ordinary run. */
export const CORE_STEPS = 300;

const NAMES = ["A", "B", "C", "D"];
const MESSAGES_MAX = 60;
const HEAL_ROUNDS_MAX = 2500;

/** What a run did. */
export interface CoreReport {
  readonly committed: number;
  readonly epochs: number;
}

/** Runs `steps` random steps and heals. Throws at the first violation. */
export function runCore(seed: number, steps: number, mutant?: CoreMutant): CoreReport {
  const run = new CoreRun(seed, mutant);
  for (let step = 0; step < steps; step += 1) run.step();
  if (mutant === undefined) run.heal();
  return { committed: run.lab.committed.end, epochs: run.coordinator.record.epoch };
}

class CoreRun {
  readonly lab: MutantLab;
  readonly coordinator: CoreCoordinator;
  readonly #mutant: CoreMutant | undefined;
  readonly #dice: Dice;
  readonly #actions: { readonly weight: number; readonly act: () => void }[];
  readonly #weightOfAll: number;
  /** Nodes that do not reach the others; the coordinator may reach them all the same. */
  readonly #cut = new Set<string>();
  #generation = 1;

  constructor(seed: number, mutant: CoreMutant | undefined) {
    this.#dice = new Dice(seed);
    this.#mutant = mutant;
    this.lab = new MutantLab(NAMES.slice(0, 3), mutant);
    this.lab.addNode("D", []);
    const set = NAMES.slice(0, 3).map((name) => this.lab.memberOf(name));
    const record = shardRecord({ set, epoch: 1, configState: "recovering" });
    this.coordinator = new CoreCoordinator(this.lab, this.#dice, record, mutant);
    const weights: readonly (readonly [number, () => void])[] = [
      [60, () => this.#deliver(false)],
      [4, () => this.#deliver(true)],
      [4, () => this.#lose()],
      [30, () => this.lab.sync(this.#name(), 1 + this.#dice.below(3))],
      [20, () => this.#append()],
      [60, () => this.coordinator.runTask()],
      [2, () => this.coordinator.loseTask()],
      [12, () => this.#report(this.#name())],
      [8, () => this.#quietMoment(this.#dice.below(60))],
      [8, () => this.#tick()],
      [2, () => this.#suspectOne()],
      [1, () => this.coordinator.crash()],
      [3, () => this.#cutOff()],
      [1.5, () => this.lab.crash(this.#name())],
      [5, () => this.#startAll()],
      [0.5, () => this.#wipe()],
      [0.5, () => this.#loseTail()],
      [0.8, () => this.#changeSet()],
      [1.5, () => this.#teach()],
      [
        0.5,
        () => this.coordinator.feed({ type: "moveLeader", epoch: this.coordinator.record.epoch, to: this.#name() }),
      ],
      [3, () => this.lab.step(this.#name(), { type: "peerConnected", nodeId: this.#name() })],
    ];
    // Swarm: every seed makes some kinds of steps rare and others frequent, so that runs differ in character.
    this.#actions = weights.map(([weight, act]) => ({
      weight: weight * (this.#dice.pick([0.3, 1, 1, 1, 3]) ?? 1),
      act,
    }));
    this.#weightOfAll = this.#actions.reduce((sum, { weight }) => sum + weight, 0);
    this.coordinator.feed({ type: "resume" });
    // The shard is open before anything goes wrong: how one is created is the full stack's matter.
    for (let round = 0; round < 20 && this.#openLeader() === undefined; round += 1) this.#passQuietly();
  }

  step(): void {
    let left = this.#dice.random.float() * this.#weightOfAll;
    for (const { weight, act } of this.#actions) {
      left -= weight;
      if (left < 0) return act();
    }
  }

  /** Faults end: a lost replica is replaced, and within some minutes every copy is the same and appends commit. */
  heal(): void {
    this.#startAll();
    this.coordinator.believedDown.clear();
    this.#cut.clear();
    let appended = false;
    for (let round = 0; round < HEAL_ROUNDS_MAX; round += 1) {
      this.#passQuietly();
      const leader = this.#openLeader();
      if (leader === undefined) continue;
      const gone = this.#lostMember();
      if (gone !== undefined) {
        if (this.coordinator.record.pending === undefined) this.#replace(gone);
        if (this.coordinator.phase === "idle")
          this.coordinator.feed({ type: "changeSet", epoch: this.coordinator.record.epoch });
        continue;
      }
      if (!appended) {
        this.lab.append(leader, "healed");
        appended = true;
      } else if (this.#allEqual(leader)) return;
    }
    throw new Error(`a healed shard does not serve with three equal copies: ${this.#inWords()}`);
  }

  #passQuietly(): void {
    this.coordinator.nowMs += 100;
    for (const name of NAMES) this.lab.step(name, { type: "tick", monotonicMs: this.coordinator.nowMs });
    for (const name of NAMES) this.#report(name);
    this.coordinator.feed({ type: "tick" });
    this.#quietMoment(400);
  }

  /** Messages arrive, disks sync and calls are answered, in order, for a while. */
  #quietMoment(steps: number): void {
    for (let count = 0; count < steps; count += 1) {
      const [sent] = this.lab.messages;
      const waiting = NAMES.find((name) => this.lab.node(name).disk.queue.length > 0);
      if (sent !== undefined) this.#arrive(sent, false);
      if (waiting !== undefined) this.lab.sync(waiting);
      if (!this.coordinator.runOldest() && sent === undefined && waiting === undefined) return;
    }
  }

  #openLeader(): string | undefined {
    const { configState, leader } = this.coordinator.record;
    return configState === "active" && this.lab.node(leader).replica?.canAppend() === true ? leader : undefined;
  }

  #allEqual(leader: string): boolean {
    const { replica } = this.lab.node(leader);
    if (replica === undefined || replica.commitOffset !== replica.logEnd) return false;
    return this.coordinator.record.set.every(({ nodeId }) => {
      const { durable } = this.lab.node(nodeId).disk;
      return logEndOf(durable) === replica.logEnd && !durable.state.suspect;
    });
  }

  #lostMember(): ReplicaPlace | undefined {
    return this.coordinator.record.set.find(
      (place) => this.lab.memberOf(place.nodeId).replicaUuid !== place.replicaUuid,
    );
  }

  #replace(remove: ReplicaPlace): void {
    const names = this.coordinator.record.set.map(({ nodeId }) => nodeId);
    const spare = NAMES.find((name) => !names.includes(name));
    if (spare === undefined) return;
    const change = { add: this.lab.memberOf(spare), remove, why: "replacement" as const };
    this.coordinator.record =
      beginSetChange({ ...this.coordinator.record, state: "open" }, change) ?? this.coordinator.record;
    if (this.#mutant === "retire the old set before adoption" && this.coordinator.record.pending !== undefined) {
      this.coordinator.record = {
        ...this.coordinator.record,
        set: changedSet(this.coordinator.record.set, change),
        pending: undefined,
      };
    }
  }

  #changeSet(): void {
    const remove = this.#dice.pick(this.coordinator.record.set);
    if (
      this.coordinator.record.pending === undefined &&
      remove !== undefined &&
      this.coordinator.record.configState === "active"
    ) {
      this.#replace(remove);
    }
    if (this.#mutant === "retire the old set before adoption") {
      return this.coordinator.feed({
        type: "leaderLost",
        epoch: this.coordinator.record.epoch,
        nodeId: this.coordinator.record.leader,
        why: "replaced",
      });
    }
    this.coordinator.feed({ type: "changeSet", epoch: this.coordinator.record.epoch });
  }

  /** A leader is told to bring up a node that is no member beside its set. */
  #teach(): void {
    const { epoch, leader, set } = this.coordinator.record;
    const spare = NAMES.find((name) => set.every(({ nodeId }) => nodeId !== name));
    const learners = spare === undefined || this.#dice.chance(0.2) ? [] : [this.lab.memberOf(spare)];
    if (leader !== "") this.lab.step(leader, { type: "learners", epoch, learners });
  }

  #name(): string {
    return this.#dice.pick(NAMES) ?? "A";
  }

  #deliver(keep: boolean): void {
    const { messages } = this.lab;
    while (messages.length > MESSAGES_MAX) messages.splice(this.#dice.below(messages.length), 1);
    // Mostly in order, sometimes any: order within a lane is kept while a connection lives, and connections die.
    const sent = this.#dice.chance(0.7) ? messages[0] : this.#dice.pick(messages);
    if (sent !== undefined) this.#arrive(sent, keep);
  }

  #arrive(sent: LabMessage, keep: boolean): void {
    if (this.#cut.has(sent.from) || this.#cut.has(sent.to)) {
      this.lab.messages = this.lab.messages.filter((each) => each !== sent);
    } else this.lab.deliverBroken(sent, keep);
  }

  #cutOff(): void {
    const name = this.#name();
    if (this.#cut.size === 0 && this.#dice.chance(0.5)) {
      this.#cut.add(name);
      return;
    }
    for (const healed of this.#cut) {
      for (const other of NAMES) {
        this.lab.step(other, { type: "peerConnected", nodeId: healed });
        this.lab.step(healed, { type: "peerConnected", nodeId: other });
      }
    }
    this.#cut.clear();
  }

  #lose(): void {
    const { messages } = this.lab;
    if (messages.length > 0) messages.splice(this.#dice.below(messages.length), 1);
  }

  #append(): void {
    const leaders = NAMES.filter((name) => this.lab.node(name).replica?.canAppend() === true);
    const leader = this.#dice.pick(leaders);
    if (leader !== undefined) this.lab.append(leader, "r", frameKind.records, 1 + this.#dice.below(3));
  }

  /** A heartbeat: what the node leads, and what it was told to lead and does not. */
  #report(name: string): void {
    const { replica, adoptedEpochs } = this.lab.node(name);
    if (replica === undefined) return;
    const { epoch, configState, leader } = this.coordinator.record;
    if (this.coordinator.believedDown.delete(name)) this.coordinator.feed({ type: "nodeUp", nodeId: name });
    if (replica.role === "leading" && replica.logEpoch === epoch)
      this.coordinator.feed({ type: "leading", nodeId: name, epoch });
    if (replica.suspect) this.coordinator.feed({ type: "suspect", nodeId: name, epoch: replica.promisedEpoch });
    if (adoptedEpochs.has(epoch)) this.coordinator.feed({ type: "adopted", nodeId: name, epoch });
    if (configState === "active" && leader === name && !(replica.role === "leading" && replica.logEpoch === epoch)) {
      this.coordinator.feed({ type: "leaderLost", epoch, nodeId: name, why: "does not lead" });
    }
    if (configState === "recovering") this.coordinator.feed({ type: "resume" });
  }

  #tick(): void {
    this.coordinator.nowMs += this.#dice.pick([50, 300, 1100]) ?? 50;
    this.lab.step(this.#name(), { type: "tick", monotonicMs: this.coordinator.nowMs });
    this.coordinator.feed({ type: "tick" });
  }

  #suspectOne(): void {
    const name = this.#name();
    if (this.#dice.chance(0.5) && this.lab.node(name).replica !== undefined) return;
    this.coordinator.believedDown.add(name);
    this.coordinator.feed({ type: "nodeDown", nodeId: name });
  }

  #startAll(): void {
    for (const node of this.lab.nodes.values()) {
      if (node.replica !== undefined) continue;
      this.lab.start(node.nodeId);
      this.coordinator.feed({ type: "nodeDown", nodeId: node.nodeId });
      this.coordinator.feed({ type: "nodeUp", nodeId: node.nodeId });
    }
  }

  #wipe(): void {
    const name = this.#name();
    if (!this.#mayLose(name)) return;
    this.lab.crash(name);
    this.lab.wipe(name, (this.#generation += 1));
  }

  #loseTail(): void {
    const name = this.#name();
    if (!this.#mayLose(name)) return;
    this.lab.crash(name);
    const { disk } = this.lab.node(name);
    const { durable } = disk;
    const frames = durable.frames.slice(0, durable.frames.length - this.#dice.below(4));
    const suspect = this.#mutant !== "miss a lost tail";
    disk.durable = {
      ...durable,
      frames,
      state: { ...durable.state, suspect, damaged: suspect && this.#dice.chance(0.5) },
    };
    disk.crash();
  }

  /** Two lost disks may lose data: a run stays within what the protocol promises to survive. */
  #mayLose(name: string): boolean {
    const { set, pending } = this.coordinator.record;
    const sets = pending === undefined ? [set] : [set, changedSet(set, pending)];
    const isIntact = ({ nodeId, replicaUuid }: ReplicaPlace): boolean => {
      const { durable, written } = this.lab.node(nodeId).disk;
      const { state } = durable;
      // A replica that has adopted nothing is no copy yet: it votes for nothing.
      return state.replicaUuid === replicaUuid && state.logEpoch > 0 && !state.suspect && !written.state.suspect;
    };
    return sets.every((members) => members.every((place) => place.nodeId === name || isIntact(place)));
  }

  #inWords(): string {
    const { epoch, configState, leader, set, pending } = this.coordinator.record;
    const nodes = NAMES.map((name) => {
      const { replica, disk } = this.lab.node(name);
      const { promisedEpoch, logEpoch, suspect, replicaUuid } = disk.durable.state;
      return `${name}:${replica?.role ?? "down"} ${replicaUuid} p${promisedEpoch} e${logEpoch} end ${logEndOf(disk.durable)}${suspect ? " suspect" : ""}`;
    });
    const members = set.map(({ replicaUuid }) => replicaUuid).join();
    const change = pending === undefined ? "" : ` +${pending.add.replicaUuid} -${pending.remove.replicaUuid}`;
    return `epoch ${epoch} ${configState} leader ${leader} set ${members}${change} ${this.coordinator.phase}; ${nodes.join("; ")}`;
  }
}
