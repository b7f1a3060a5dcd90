/**
 * Random schedules: two coordinators that share nothing but the record, four nodes that crash, restart, lose messages and
 * answer late, sets that change and leaders that are handed over. Replicas keep the rules of the replica machine that matter
 * here: promises, Recover only as reported, no opening of a changed set before it is installed. A replica that has left the
 * set is deleted at once, which is sooner than the coordinator does it.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ReplicaPlace, ShardRecord } from "../state/cluster-state.ts";
import { activateEpoch, beginSetChange, burnEpoch, cancelSetChange, installSet } from "./change-configuration.ts";
import { EpochMachine } from "./epoch-machine.ts";
import type { EpochCommand, EpochEvent } from "./epoch-step.ts";
import { shardRecord } from "./testing/epoch-lab.ts";

const nodeIds = ["a", "b", "c", "d"] as const;
type NodeId = (typeof nodeIds)[number];

interface Replica {
  uuid: string;
  up: boolean;
  boot: number;
  promised: number;
  logEpoch: number;
  logEnd: number;
  leads: number;
  /** Recovered with a changed set: waits for leave to open. */
  waits: number;
  /** The set it was told to lead with. */
  set: readonly ReplicaPlace[];
}

class World {
  record: ShardRecord = shardRecord({ epoch: 1, configState: "active", leader: "a", state: "open" });
  readonly machines = [new EpochMachine(), new EpochMachine()];
  readonly inFlight: (() => void)[] = [];
  readonly nodes: Record<NodeId, Replica>;
  /** Which node was recovered at an epoch: there must never be two. */
  readonly recovered = new Map<number, string>();
  committedEnd = 0;
  nowMs = 0;
  installed = 0;
  #generation = 0;

  constructor() {
    const { set } = this.record;
    const made = (id: NodeId, leads: number): Replica => {
      const log = { promised: 1, logEpoch: 1, logEnd: 0, waits: 0 };
      return { uuid: `uuid-${id}`, up: true, boot: 1, ...log, leads, set };
    };
    this.nodes = { a: made("a", 1), b: made("b", 0), c: made("c", 0), d: { ...made("d", 0), uuid: "", logEpoch: 0 } };
  }

  /** One member is to be replaced by an empty replica on the node outside the set. */
  beginChange(leaving: number): void {
    const outside = nodeIds.find((id) => !this.record.set.some((member) => member.nodeId === id));
    const remove = this.record.set[leaving % 3];
    if (outside === undefined || remove === undefined) return;
    this.#generation += 1;
    const add = { nodeId: outside, replicaUuid: `uuid-${outside}-${this.#generation}`, zone: `zone-${outside}` };
    const after = beginSetChange(this.record, { add, remove, why: "requested" });
    if (after === undefined) return;
    this.record = after;
    const empty = { promised: this.record.epoch, logEpoch: 0, logEnd: 0, leads: 0, waits: 0, set: [] };
    Object.assign(this.nodes[outside], { uuid: add.replicaUuid, ...empty });
  }

  cancelChange(): void {
    this.record = cancelSetChange(this.record, this.record.pending?.add.replicaUuid ?? "") ?? this.record;
  }

  /** A leader brings the learner of the pending change to its log. */
  teach(id: NodeId): void {
    const leader = this.nodes[id];
    const add = this.record.pending?.add;
    const learner = add === undefined ? undefined : this.nodes[add.nodeId as NodeId];
    if (!leader.up || leader.leads === 0 || leader.leads !== leader.promised || learner?.uuid !== add?.replicaUuid)
      return;
    if (learner !== undefined && learner !== leader) this.#adopts(learner, leader, leader.leads);
  }

  feed(coordinator: number, event: EpochEvent): void {
    const machine = this.machines[coordinator % 2] as EpochMachine;
    const commands = machine.step(event, {
      nowMs: this.nowMs,
      record: this.record,
      isUp: (id) => this.nodes[id as NodeId].up,
      bootOf: (id) => this.nodes[id as NodeId].boot,
      jitter: () => 1,
      loadOf: (id) => (id === "b" ? 0 : 1),
    });
    for (const command of commands) this.inFlight.push(() => this.#carryOut(coordinator, command));
  }

  #carryOut(coordinator: number, command: EpochCommand): void {
    const reply = (event: EpochEvent): void => void this.inFlight.push(() => this.feed(coordinator, event));
    switch (command.type) {
      case "burn": {
        const after = burnEpoch(this.record, command.fromEpoch, command.toEpoch);
        if (after !== undefined) expect(after.epoch).toBeGreaterThan(this.record.epoch);
        this.record = after ?? this.record;
        return this.feed(coordinator, { type: "burnt", toEpoch: command.toEpoch, ok: after !== undefined });
      }
      case "activate": {
        const { epoch, leader, change } = command;
        const after =
          change === undefined
            ? activateEpoch(this.record, epoch, leader)
            : installSet(this.record, epoch, leader, change);
        if (after !== undefined) expect([after.epoch, this.recovered.get(epoch)]).toEqual([epoch, leader]);
        this.record = after ?? this.record;
        if (after !== undefined && change !== undefined) {
          this.installed += 1;
          // Its data is gone; the node may hold a new replica later.
          const left = this.nodes[change.remove.nodeId as NodeId];
          Object.assign(left, { uuid: "", logEpoch: 0, logEnd: 0, leads: 0, waits: 0 });
        }
        return this.feed(coordinator, { type: "activated", epoch, ok: after !== undefined });
      }
      case "seal": {
        const { nodeId, epoch, replicaUuid } = command;
        const node = this.nodes[nodeId as NodeId];
        if (!node.up) return reply({ type: "sealFailed", nodeId, epoch });
        const ok = epoch >= node.promised && node.uuid === replicaUuid;
        if (ok) Object.assign(node, { promised: epoch, leads: 0, waits: 0 });
        const { logEpoch, logEnd, boot, promised, uuid } = node;
        const report = { ok, why: "", replicaUuid: uuid, promisedEpoch: promised, logEpoch, logEnd, suspect: false };
        return reply({ type: "sealed", nodeId, epoch, boot, report });
      }
      case "recover":
        return this.#recover(coordinator, command);
      case "confirm": {
        const { nodeId, epoch } = command;
        const node = this.nodes[nodeId as NodeId];
        if (!node.up || node.waits !== epoch || node.promised !== epoch) return;
        // The very set it recovered with is the one in force.
        expect(this.record.set).toEqual(node.set);
        return this.#opens(node, nodeId, epoch);
      }
      case "handOver": {
        const { nodeId, epoch, toReplicaUuid } = command;
        const node = this.nodes[nodeId as NodeId];
        const peer = nodeIds.map((id) => this.nodes[id]).find((each) => each.uuid === toReplicaUuid);
        const ok = node.up && node.leads === epoch && peer?.logEpoch === epoch && peer.logEnd === node.logEnd;
        if (ok) node.leads = 0;
        return reply({ type: "handedOver", epoch, ok });
      }
      case "create":
        throw new Error("the shard was created long ago");
    }
  }

  /** As replicas do it: refused unless all that was reported still holds; opens once a peer has adopted its log. */
  #recover(coordinator: number, command: Extract<EpochCommand, { type: "recover" }>): void {
    const { epoch, chosen, set, setChanges } = command;
    const node = this.nodes[chosen.nodeId as NodeId];
    expect(set.some((member) => member.replicaUuid === chosen.replicaUuid)).toBe(true);
    if (!setChanges && this.record.epoch === epoch) expect(set).toEqual(this.record.set);
    const sameLog = node.uuid === chosen.replicaUuid && node.logEpoch === chosen.logEpoch;
    const asReported = sameLog && node.boot === chosen.boot && node.logEnd === chosen.logEnd;
    const ok = node.up && node.promised === epoch && node.logEpoch < epoch && asReported;
    this.inFlight.push(() => this.feed(coordinator, { type: "recoverAnswered", epoch, ok, why: "" }));
    if (!ok) return;
    expect(this.recovered.has(epoch)).toBe(false);
    this.recovered.set(epoch, chosen.nodeId);
    // The promise of this whole machine: whoever is chosen has everything that was committed.
    expect(node.logEnd).toBeGreaterThanOrEqual(this.committedEnd);
    Object.assign(node, { logEpoch: epoch, set });
    const boot = node.boot;
    this.inFlight.push(() => {
      if (node.boot !== boot || !node.up || node.promised !== epoch) return;
      const peer = this.#others(node).find((other) => this.#adopts(other, node, epoch));
      if (peer === undefined) return;
      if (!setChanges) return this.#opens(node, chosen.nodeId, epoch);
      node.waits = epoch;
      for (const each of [0, 1])
        this.inFlight.push(() => this.feed(each, { type: "adopted", nodeId: chosen.nodeId, epoch }));
    });
  }

  /** A leader that waits for leave asks again and again. */
  askAgain(id: NodeId): void {
    const { up, waits } = this.nodes[id];
    if (!up || waits === 0) return;
    for (const each of [0, 1]) this.inFlight.push(() => this.feed(each, { type: "adopted", nodeId: id, epoch: waits }));
  }

  #opens(node: Replica, nodeId: string, epoch: number): void {
    Object.assign(node, { leads: epoch, waits: 0 });
    for (const each of [0, 1]) this.inFlight.push(() => this.feed(each, { type: "leading", nodeId, epoch }));
  }

  /** The other members of the set a node leads with. */
  #others(leader: Replica): Replica[] {
    const members = leader.set.filter((member) => member.replicaUuid !== leader.uuid);
    return members
      .map((member) => ({ member, node: this.nodes[member.nodeId as NodeId] }))
      .filter(({ member, node }) => node.uuid === member.replicaUuid)
      .map(({ node }) => node);
  }

  #adopts(peer: Replica, leader: Replica, epoch: number): boolean {
    if (!peer.up || peer.promised > epoch) return false;
    Object.assign(peer, { promised: epoch, logEpoch: epoch, logEnd: leader.logEnd });
    return true;
  }

  /** A leader appends; whichever peers are in its epoch take the record; two copies commit it. */
  append(id: NodeId, takers: number): void {
    const leader = this.nodes[id];
    if (!leader.up || leader.leads === 0 || leader.leads !== leader.promised) return;
    const followers = this.#others(leader);
    const taking = followers.filter((peer, index) => {
      const inEpoch = peer.up && peer.promised === leader.leads && peer.logEpoch === leader.leads;
      return inEpoch && peer.logEnd === leader.logEnd && (takers & (1 << index)) !== 0;
    });
    leader.logEnd += 1;
    for (const peer of taking) peer.logEnd = leader.logEnd;
    if (taking.length > 0) this.committedEnd = Math.max(this.committedEnd, leader.logEnd);
  }

  crash(id: NodeId): void {
    Object.assign(this.nodes[id], { up: false, leads: 0, waits: 0 });
  }

  restart(id: NodeId): void {
    const node = this.nodes[id];
    if (!node.up) Object.assign(node, { up: true, boot: node.boot + 1 });
  }
}

const action = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("deliver" as const), which: fc.nat(30) }) },
  // Without stretches in which messages arrive most attempts outdate one another.
  { weight: 3, arbitrary: fc.record({ do: fc.constant("deliverMany" as const), which: fc.nat(12) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("lose" as const), which: fc.nat(30) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("append" as const), node: fc.constantFrom(...nodeIds), which: fc.nat(3) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom("crash" as const, "restart" as const, "teach" as const, "askAgain" as const),
      node: fc.constantFrom(...nodeIds),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("down" as const, "up" as const, "lost" as const),
      node: fc.constantFrom(...nodeIds),
      which: fc.nat(1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("begin" as const, "change" as const, "change" as const, "cancel" as const, "move" as const),
      node: fc.constantFrom(...nodeIds),
      which: fc.nat(5),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("tick" as const),
      which: fc.nat(1),
      ms: fc.constantFrom(100, 1_000, 9_000),
    }),
  },
);

function act(world: World, step: typeof action extends fc.Arbitrary<infer A> ? A : never): void {
  switch (step.do) {
    case "deliver":
      return world.inFlight.splice(step.which % Math.max(1, world.inFlight.length), 1)[0]?.();
    case "deliverMany":
      for (let count = 0; count < step.which; count += 1) world.inFlight.shift()?.();
      return;
    case "lose":
      world.inFlight.splice(step.which % Math.max(1, world.inFlight.length), 1);
      return;
    case "append":
      return world.append(step.node, step.which);
    case "crash":
      return world.crash(step.node);
    case "restart":
      return world.restart(step.node);
    case "teach":
      return world.teach(step.node);
    case "askAgain":
      return world.askAgain(step.node);
    case "begin":
      return world.beginChange(step.which);
    case "cancel":
      return step.which === 0 ? world.cancelChange() : undefined;
    case "change":
      return world.feed(step.which, { type: "changeSet", epoch: world.record.epoch });
    case "move":
      return world.feed(step.which, { type: "moveLeader", epoch: world.record.epoch, to: step.node });
    case "down":
      return world.feed(step.which, { type: "nodeDown", nodeId: step.node });
    case "up":
      return world.feed(step.which, { type: "nodeUp", nodeId: step.node });
    case "lost": {
      const { epoch } = world.record;
      return world.feed(step.which, { type: "leaderLost", nodeId: step.node, epoch, why: "" });
    }
    case "tick":
      world.nowMs += step.ms;
      return world.feed(step.which, { type: "tick" });
  }
}

/** Everybody is well, one coordinator is left with a new machine, every message arrives. */
function heal(world: World): void {
  world.inFlight.length = 0;
  world.machines[0] = new EpochMachine();
  for (const id of nodeIds) world.restart(id);
  for (let round = 0; round < 400 && !isLed(world); round += 1) {
    world.nowMs += 100;
    const { epoch, leader, configState } = world.record;
    const busy = world.machines[0].phase !== "idle";
    if (!busy && configState === "recovering") world.feed(0, { type: "resume" });
    else if (!busy) world.feed(0, { type: "leaderLost", nodeId: leader, epoch, why: "silent" });
    world.feed(0, { type: "tick" });
    while (world.inFlight.length > 0) world.inFlight.shift()?.();
  }
}

function isLed({ record, nodes }: World): boolean {
  if (record.configState !== "active") return false;
  const leader = nodes[record.leader as NodeId];
  expect(record.set.some((member) => member.replicaUuid === leader.uuid)).toBe(true);
  return leader.up && leader.leads === record.epoch && leader.promised === record.epoch;
}

test("one leader an epoch, nothing committed is lost, and the shard is led again when faults stop", () => {
  const schedules = fc.array(action, { minLength: 40, maxLength: 400 });
  let installed = 0;
  fc.assert(
    fc.property(schedules, (steps) => {
      const world = new World();
      for (const step of steps) act(world, step);
      heal(world);
      expect(isLed(world)).toBe(true);
      installed += world.installed;
    }),
    { numRuns: 2_500 },
  );
  // Otherwise the schedules would say nothing about sets.
  expect(installed).toBeGreaterThan(200);
});
