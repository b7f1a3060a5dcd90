/**
 * Random schedules: two coordinators that share nothing but the record, three nodes that crash, restart, lose messages and
 * answer late. Replicas keep the rules of the replica machine that matter here: promises, and Recover only as reported.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ShardRecord } from "../state/cluster-state.ts";
import { activateEpoch, burnEpoch } from "./change-configuration.ts";
import { EpochMachine } from "./epoch-machine.ts";
import type { EpochCommand, EpochEvent } from "./epoch-step.ts";
import { shardRecord } from "./testing/epoch-lab.ts";

const nodeIds = ["a", "b", "c"] as const;
type NodeId = (typeof nodeIds)[number];

interface Replica {
  up: boolean;
  boot: number;
  promised: number;
  logEpoch: number;
  logEnd: number;
  leads: number;
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

  constructor() {
    const replica = { up: true, boot: 1, promised: 1, logEpoch: 1, logEnd: 0, leads: 0 };
    this.nodes = { a: { ...replica, leads: 1 }, b: { ...replica }, c: { ...replica } };
  }

  feed(coordinator: number, event: EpochEvent): void {
    const machine = this.machines[coordinator % 2] as EpochMachine;
    const commands = machine.step(event, {
      nowMs: this.nowMs,
      record: this.record,
      isUp: (id) => this.nodes[id as NodeId].up,
      bootOf: (id) => this.nodes[id as NodeId].boot,
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
        const { epoch, leader } = command;
        const after = activateEpoch(this.record, epoch, leader);
        if (after !== undefined) expect(this.recovered.get(epoch)).toBe(leader);
        this.record = after ?? this.record;
        return this.feed(coordinator, { type: "activated", epoch, ok: after !== undefined });
      }
      case "seal": {
        const { nodeId, epoch, replicaUuid } = command;
        const node = this.nodes[nodeId as NodeId];
        if (!node.up) return reply({ type: "sealFailed", nodeId, epoch });
        const ok = epoch >= node.promised;
        if (ok) Object.assign(node, { promised: epoch, leads: 0 });
        const { logEpoch, logEnd, boot, promised } = node;
        const report = { ok, why: "", replicaUuid, promisedEpoch: promised, logEpoch, logEnd, suspect: false };
        return reply({ type: "sealed", nodeId, epoch, boot, report });
      }
      case "recover":
        return this.#recover(coordinator, command);
      case "create":
        throw new Error("the shard was created long ago");
    }
  }

  /** As replicas do it: refused unless all that was reported still holds; opens once a peer has adopted its log. */
  #recover(coordinator: number, { epoch, chosen }: Extract<EpochCommand, { type: "recover" }>): void {
    const node = this.nodes[chosen.nodeId as NodeId];
    const asReported = node.boot === chosen.boot && node.logEpoch === chosen.logEpoch && node.logEnd === chosen.logEnd;
    const ok = node.up && node.promised === epoch && node.logEpoch < epoch && asReported;
    this.inFlight.push(() => this.feed(coordinator, { type: "recoverAnswered", epoch, ok, why: "" }));
    if (!ok) return;
    expect(this.recovered.has(epoch)).toBe(false);
    this.recovered.set(epoch, chosen.nodeId);
    // The promise of this whole machine: whoever is chosen has everything that was committed.
    expect(node.logEnd).toBeGreaterThanOrEqual(this.committedEnd);
    node.logEpoch = epoch;
    const boot = node.boot;
    this.inFlight.push(() => {
      if (node.boot !== boot || !node.up || node.promised !== epoch) return;
      const peer = nodeIds
        .map((id) => this.nodes[id])
        .find((other) => other !== node && this.#adopts(other, node, epoch));
      if (peer === undefined) return;
      node.leads = epoch;
      for (const each of [0, 1])
        this.inFlight.push(() => this.feed(each, { type: "leading", nodeId: chosen.nodeId, epoch }));
    });
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
    const followers = nodeIds.filter((other) => other !== id).map((other) => this.nodes[other]);
    const taking = followers.filter((peer, index) => {
      const inEpoch = peer.up && peer.promised === leader.leads && peer.logEpoch === leader.leads;
      return inEpoch && peer.logEnd === leader.logEnd && (takers & (1 << index)) !== 0;
    });
    leader.logEnd += 1;
    for (const peer of taking) peer.logEnd = leader.logEnd;
    if (taking.length > 0) this.committedEnd = Math.max(this.committedEnd, leader.logEnd);
  }

  crash(id: NodeId): void {
    Object.assign(this.nodes[id], { up: false, leads: 0 });
  }

  restart(id: NodeId): void {
    const node = this.nodes[id];
    if (!node.up) Object.assign(node, { up: true, boot: node.boot + 1 });
  }
}

const action = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("deliver" as const), which: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("lose" as const), which: fc.nat(30) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("append" as const), node: fc.constantFrom(...nodeIds), which: fc.nat(3) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom("crash" as const, "restart" as const),
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
    case "lose":
      world.inFlight.splice(step.which % Math.max(1, world.inFlight.length), 1);
      return;
    case "append":
      return world.append(step.node, step.which);
    case "crash":
      return world.crash(step.node);
    case "restart":
      return world.restart(step.node);
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
  return leader.up && leader.leads === record.epoch && leader.promised === record.epoch;
}

test("one leader an epoch, nothing committed is lost, and the shard is led again when faults stop", () => {
  const schedules = fc.array(action, { minLength: 20, maxLength: 400 });
  fc.assert(
    fc.property(schedules, (steps) => {
      const world = new World();
      for (const step of steps) act(world, step);
      heal(world);
      expect(isLed(world)).toBe(true);
    }),
    { numRuns: 1_500 },
  );
});
