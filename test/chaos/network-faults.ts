/** Networks that break in every way: both ways, one way, between some only, again and again, or just slow. */
import type { LinkRule } from "@millrace/testkit";
import { below, oneOf, pauseBetween, shuffled, type FaultWorld } from "./fault-world.ts";

const OPEN: LinkRule = { kind: "open" };
const CUT: LinkRule = { kind: "cut" };
const BLACKHOLE: LinkRule = { kind: "blackhole" };
const MiB = 1024 * 1024;

/** Two nodes cannot talk to each other; everybody else can talk to both. */
export async function partPair(world: FaultWorld): Promise<void> {
  const { cluster, random, say } = world;
  const [one = "", other = ""] = shuffled(random, cluster.namesOf("storage-node"));
  const rule = oneOf(random, [CUT, BLACKHOLE]);
  say(`${rule.kind} between ${one} and ${other}`);
  cluster.network.between(one, other, rule);
  await forAWhile(world);
  cluster.network.between(one, other, OPEN);
}

/** A node is alone: no other process reaches it, and it reaches none. */
export async function isolateNode(world: FaultWorld): Promise<void> {
  const { cluster, random, say } = world;
  const alone = oneOf(random, cluster.namesOf("storage-node"));
  const rule = oneOf(random, [CUT, BLACKHOLE]);
  say(`${alone} isolated (${rule.kind})`);
  for (const other of cluster.processes.keys()) if (other !== alone) cluster.network.between(alone, other, rule);
  await forAWhile(world);
  for (const other of cluster.processes.keys()) if (other !== alone) cluster.network.between(alone, other, OPEN);
}

/** A node hears nothing, or is not heard, and does not know. */
export async function oneWay(world: FaultWorld): Promise<void> {
  const { cluster, random, say } = world;
  const node = oneOf(random, cluster.namesOf("storage-node"));
  const others = oneOf(random, [
    [
      oneOf(
        random,
        cluster.namesOf("storage-node").filter((name) => name !== node),
      ),
    ],
    ["coordinator"],
    [...cluster.processes.keys()].filter((name) => name !== node),
  ]);
  const heard = random.float() < 0.5;
  say(`one-way blackhole ${heard ? "to" : "from"} ${node} ${heard ? "from" : "to"} ${others.join(", ")}`);
  const set = (rule: LinkRule): void => {
    for (const other of others) {
      if (heard) cluster.network.rule(other, node, rule);
      else cluster.network.rule(node, other, rule);
    }
  };
  set(BLACKHOLE);
  await forAWhile(world);
  set(OPEN);
}

/** The coordinator loses a node that serves clients and peers well, or every node. */
export async function partCoordinator(world: FaultWorld): Promise<void> {
  const { cluster, random, say } = world;
  const nodes = cluster.namesOf("storage-node");
  const victims = random.float() < 0.5 ? nodes : [oneOf(random, nodes)];
  const rule = oneOf(random, [CUT, BLACKHOLE]);
  say(`${rule.kind} between the coordinator and ${victims.join(", ")}`);
  for (const name of victims) cluster.network.between("coordinator", name, rule);
  await forAWhile(world);
  for (const name of victims) cluster.network.between("coordinator", name, OPEN);
}

/** A link that breaks and heals several times a second. */
export async function flap(world: FaultWorld): Promise<void> {
  const { cluster, random, times, say } = world;
  const [one = "", other = ""] = shuffled(random, [...cluster.namesOf("storage-node"), "coordinator"]);
  say(`flapping link between ${one} and ${other}`);
  const endMs = performance.now() + 500 + below(random, times.networkMaxMs);
  while (performance.now() < endMs) {
    cluster.network.between(one, other, CUT);
    await pauseBetween(random, 20, 300);
    cluster.network.between(one, other, OPEN);
    await pauseBetween(random, 20, 300);
  }
}

/** A node behind a slow or distant link. */
export async function slowDown(world: FaultWorld): Promise<void> {
  const { cluster, random, say } = world;
  const node = oneOf(random, cluster.namesOf("storage-node"));
  const rule: LinkRule =
    random.float() < 0.5
      ? { kind: "delayed", delayMs: 10 + below(random, 300) }
      : { kind: "slow", bytesPerSecond: MiB / 8 + below(random, MiB) };
  say(`links of ${node} ${rule.kind === "delayed" ? `delayed by ${rule.delayMs} ms` : "slow"}`);
  for (const other of cluster.processes.keys()) if (other !== node) cluster.network.between(node, other, rule);
  await forAWhile(world);
  for (const other of cluster.processes.keys()) if (other !== node) cluster.network.between(node, other, OPEN);
}

async function forAWhile({ random, times }: FaultWorld): Promise<void> {
  await pauseBetween(random, 300, times.networkMaxMs);
}
