/**
 * One random history of a shard from a seed: messages lost, doubled and reordered, disks slow, processes crashing, disks
 * lost, sets changing, coordinators acting late. Ends by healing everything: the shard must then serve again.
 */
import { assert } from "@millrace/base";
import { frameKind } from "@millrace/model";
import type { ReplicaMember } from "../replica-state.ts";
import { LabCoordinator, type Attempt } from "./lab-coordinator.ts";
import { logEndOf } from "./lab-disk.ts";
import { ReplicaLab, type LabNode, type LabSins } from "./replica-lab.ts";
import { SeededRandom } from "./seeded-random.ts";

/** More than half of a catch-up chunk. */
const LARGE = "r".repeat(270 * 1024);

const NAMES = ["A", "B", "C", "D"];
const MESSAGES_MAX = 80;
const RECENT_ATTEMPTS = 4;

/** What a schedule did, to see that it did anything. */
export interface ScheduleReport {
  readonly committedEnd: number;
  readonly epochs: number;
}

/** Runs `steps` random steps and heals. Throws at the first violation. */
export function runRandomSchedule(seed: number, steps: number, sins: LabSins = {}): ScheduleReport {
  const schedule = new RandomSchedule(seed, sins);
  for (let step = 0; step < steps; step += 1) schedule.step();
  if (Object.keys(sins).length === 0) schedule.heal();
  return { committedEnd: schedule.lab.committed.end, epochs: schedule.coordinator.epoch };
}

type Action = () => void;

class RandomSchedule {
  readonly lab: ReplicaLab;
  readonly coordinator: LabCoordinator;
  readonly #random: SeededRandom;
  readonly #actions: { readonly weight: number; readonly act: Action }[];
  #nowMs = 0;
  #generation = 1;

  constructor(seed: number, sins: LabSins) {
    this.#random = new SeededRandom(seed);
    this.lab = new ReplicaLab(NAMES.slice(0, 3), sins);
    this.lab.addNode("D", []);
    this.coordinator = new LabCoordinator(this.lab, NAMES.slice(0, 3));
    this.#actions = this.#weighted([
      [60, () => this.#deliver(false)],
      [5, () => this.#deliver(true)],
      [4, () => this.#lose()],
      [30, () => this.lab.sync(this.#name(), 1 + this.#random.below(3))],
      [20, () => this.#append()],
      [1, () => this.#trim()],
      [0.1, () => this.#close()],
      [1.5, () => this.#beginAttempt()],
      [3, () => this.#attemptAtOnce()],
      [15, () => this.#sealOne()],
      [8, () => this.#withAttempt((attempt) => this.coordinator.recover(attempt))],
      [5, () => this.#withAttempt((attempt) => this.#confirm(attempt))],
      [1.5, () => this.lab.crash(this.#name())],
      [4, () => this.#startAll()],
      [0.5, () => this.#wipe()],
      [0.5, () => this.#loseTail()],
      [0.3, () => this.#findDamage()],
      [8, () => this.#tick()],
      [3, () => this.lab.step(this.#name(), { type: "peerConnected", nodeId: this.#name() })],
      [0.5, () => this.lab.step(this.#name(), { type: "resign" })],
      [3, () => this.#teach()],
    ]);
  }

  step(): void {
    const total = this.#actions.reduce((sum, { weight }) => sum + weight, 0);
    let left = this.#random.float() * total;
    for (const { weight, act } of this.#actions) {
      left -= weight;
      if (left < 0) return act();
    }
  }

  /** Faults end: one fail-over must be enough to commit again, and another to bring everybody to one log. */
  heal(): void {
    this.lab.messages = [];
    this.#startAll();
    for (let round = 0; round < 6; round += 1) {
      const target = this.#healedTarget();
      const attempt = this.coordinator.begin(target);
      for (const sealed of attempt.sealed) this.coordinator.seal(attempt, sealed);
      this.#settle();
      this.coordinator.recover(attempt);
      this.#settle();
      this.#confirm(attempt);
      this.#settle();
      const leader = attempt.leader === undefined ? undefined : this.lab.node(attempt.leader).replica;
      assert(leader?.role === "leading", `the shard serves again in epoch ${attempt.epoch}`);
    }
    const leader = this.coordinator.attempts[this.coordinator.attempts.length - 1]?.leader ?? "";
    const { replica, disk } = this.lab.node(leader);
    if (replica?.canAppend() === true) this.lab.append(leader, "healed");
    else assert(replica?.closed, "only a closed shard takes no more records");
    this.#settle();
    assert(replica?.commitOffset === logEndOf(disk.durable), "a healed shard commits");
    for (const { nodeId } of this.coordinator.set) {
      const ends = logEndOf(this.lab.node(nodeId).disk.durable);
      assert(ends === replica.logEnd, `${nodeId} is brought to the leader's log`);
      assert(!this.lab.node(nodeId).disk.durable.state.suspect, `${nodeId} is repaired`);
    }
  }

  /** Swarm: every seed leaves some kinds of steps out or makes them frequent, so that runs differ in character. */
  #weighted(actions: readonly (readonly [number, Action])[]): { weight: number; act: Action }[] {
    const swarm = [0.3, 1, 1, 1, 3];
    return actions.map(([weight, act]) => ({ weight: weight * (this.#random.pick(swarm) ?? 1), act }));
  }

  #name(): string {
    return this.#random.pick(NAMES) ?? "A";
  }

  #deliver(keep: boolean): void {
    const { messages } = this.lab;
    while (messages.length > MESSAGES_MAX) messages.splice(this.#random.below(messages.length), 1);
    // Mostly in order, sometimes any: order within a lane is kept while a connection lives, and connections die.
    const sent = this.#random.float() < 0.7 ? messages[0] : this.#random.pick(messages);
    if (sent !== undefined) this.lab.deliver(sent, keep);
  }

  #lose(): void {
    const { messages } = this.lab;
    if (messages.length > 0) messages.splice(this.#random.below(messages.length), 1);
  }

  #append(): void {
    const leaders = [...this.lab.nodes.values()].filter(({ replica }) => replica?.canAppend() === true);
    const leader = this.#random.pick(leaders);
    // Some are large enough that a lagging peer gets several chunks at once.
    const text = this.#random.below(6) === 0 ? LARGE : "r";
    if (leader !== undefined) this.lab.append(leader.nodeId, text, frameKind.records, 1 + this.#random.below(3));
  }

  #trim(): void {
    const leader = this.#random.pick([...this.lab.nodes.values()].filter(({ replica }) => replica?.canAppend()));
    if (leader?.replica !== undefined)
      this.lab.appendTrim(leader.nodeId, this.#random.below(leader.replica.logEnd + 1));
  }

  #close(): void {
    const leader = this.#random.pick([...this.lab.nodes.values()].filter(({ replica }) => replica?.canAppend()));
    if (leader !== undefined) this.lab.append(leader.nodeId, "", frameKind.close);
  }

  #beginAttempt(): void {
    const { set } = this.coordinator;
    const strangers = NAMES.map((name) => this.lab.memberOf(name)).filter((each) => !includes(set, each));
    const stranger = this.#random.float() < 0.3 ? this.#random.pick(strangers) : undefined;
    this.coordinator.begin(stranger === undefined ? set : replaced(set, stranger, this.#random.below(set.length)));
  }

  /** A fail-over without delays: without it most random attempts outdate one another before they open. */
  #attemptAtOnce(): void {
    const attempt = this.coordinator.begin(this.coordinator.set);
    for (const sealed of attempt.sealed) {
      if (this.#random.float() < 0.2) continue;
      this.coordinator.seal(attempt, sealed);
      this.lab.sync(sealed.nodeId);
    }
    this.coordinator.recover(attempt);
    if (attempt.leader !== undefined) this.lab.sync(attempt.leader);
  }

  /** A leader is told to bring up whoever is in no set, or nobody any more. */
  #teach(): void {
    const leader = this.#random.pick(
      [...this.lab.nodes.values()].filter(({ replica }) => replica !== undefined && replica.role !== "follower"),
    );
    if (leader?.replica === undefined) return;
    const strangers = NAMES.map((name) => this.lab.memberOf(name)).filter(
      (each) => !includes(this.coordinator.set, each),
    );
    const learners = this.#random.float() < 0.2 ? [] : strangers;
    this.lab.step(leader.nodeId, { type: "learners", epoch: leader.replica.logEpoch, learners });
  }

  #withAttempt(act: (attempt: Attempt) => void): void {
    const { attempts } = this.coordinator;
    const recent = this.#random.float() < 0.6 ? 1 : RECENT_ATTEMPTS;
    const attempt = this.#random.pick(attempts.slice(-recent));
    if (attempt !== undefined) act(attempt);
  }

  #sealOne(): void {
    this.#withAttempt((attempt) => {
      const sealed = this.#random.pick(attempt.sealed);
      if (sealed !== undefined) this.coordinator.seal(attempt, sealed);
    });
  }

  /** The leader has reported adoption when it waits for nothing else; asking it is the same as hearing it. */
  #confirm(attempt: Attempt): void {
    const leader = attempt.leader === undefined ? undefined : this.lab.node(attempt.leader);
    const adopted = leader?.replica?.logEpoch === attempt.epoch && leader.adoptedEpochs.has(attempt.epoch);
    this.coordinator.confirm(attempt, adopted);
  }

  #startAll(): void {
    for (const node of this.lab.nodes.values()) if (node.replica === undefined) this.lab.start(node.nodeId);
  }

  #wipe(): void {
    const name = this.#name();
    if (!this.#canLose(name)) return;
    this.lab.crash(name);
    this.lab.wipe(name, (this.#generation += 1));
  }

  /** The last frames are found torn at restart: the host marks the replica suspect. */
  #loseTail(): void {
    const name = this.#name();
    if (!this.#canLose(name)) return;
    this.lab.crash(name);
    const { disk } = this.lab.node(name);
    const { durable } = disk;
    const frames = durable.frames.slice(0, durable.frames.length - this.#random.below(4));
    const damaged = this.#random.float() < 0.5;
    disk.durable = { ...durable, frames, state: { ...durable.state, suspect: true, damaged } };
    disk.crash();
  }

  /** A read finds a bad checksum while the process runs. */
  #findDamage(): void {
    const name = this.#name();
    if (this.#canLose(name)) this.lab.step(name, { type: "damaged" });
  }

  #tick(): void {
    this.#nowMs += this.#random.pick([50, 300, 1100]) ?? 50;
    this.lab.step(this.#name(), { type: "tick", monotonicMs: this.#nowMs });
  }

  /** Two lost disks may lose data; the schedule stays within what the protocol promises to survive. */
  #canLose(name: string): boolean {
    const attempts = this.coordinator.attempts.filter(({ epoch }) => epoch >= this.coordinator.epoch);
    const sets = [this.coordinator.set, ...attempts.map(({ target }) => target)];
    return sets.every((set) => set.every((each) => each.nodeId === name || this.#intact(each)));
  }

  #intact({ nodeId, replicaUuid }: ReplicaMember): boolean {
    const { durable, written } = this.lab.node(nodeId).disk;
    return durable.state.replicaUuid === replicaUuid && !durable.state.suspect && !written.state.suspect;
  }

  #healedTarget(): readonly ReplicaMember[] {
    const { set } = this.coordinator;
    const gone = set.findIndex(({ nodeId, replicaUuid }) => this.lab.memberOf(nodeId).replicaUuid !== replicaUuid);
    if (gone < 0) return set;
    const stranger = NAMES.map((name) => this.lab.memberOf(name)).find(
      (each) => !includes(set, each) && !set.some((held, index) => index !== gone && held.nodeId === each.nodeId),
    );
    return stranger === undefined ? set : replaced(set, stranger, gone);
  }

  #settle(): void {
    for (let round = 0; round < 4000; round += 1) {
      const [sent] = this.lab.messages;
      const waiting = [...this.lab.nodes.values()].find((node: LabNode) => node.disk.queue.length > 0);
      if (sent !== undefined) this.lab.deliver(sent);
      else if (waiting !== undefined) this.lab.sync(waiting.nodeId);
      else return;
    }
    throw new Error("a healed shard does not come to rest");
  }
}

function includes(set: readonly ReplicaMember[], { replicaUuid }: ReplicaMember): boolean {
  return set.some((each) => each.replicaUuid === replicaUuid);
}

/** `set` with `stranger` in the place of the old replica of its own node, or of the one at `index`. */
function replaced(set: readonly ReplicaMember[], stranger: ReplicaMember, index: number): readonly ReplicaMember[] {
  const own = set.findIndex(({ nodeId }) => nodeId === stranger.nodeId);
  return set.map((each, at) => (at === (own >= 0 ? own : index) ? stranger : each));
}
