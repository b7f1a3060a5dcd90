/** Processes that die and processes that hang. */
import { below, oneOf, pauseBetween, shuffled, type FaultWorld } from "./fault-world.ts";

type Role = "coordinator" | "storage-node" | "gateway";

/** SIGKILL of one process of a role; it stays away for a while. */
export async function killOne({ cluster, random, times, say }: FaultWorld, role: Role): Promise<void> {
  const name = oneOf(random, cluster.namesOf(role));
  say(`SIGKILL ${name}`);
  await cluster.process(name).keepDown();
  await pauseBetween(random, 50, times.downMaxMs);
  cluster.process(name).start();
}

/** Two of three nodes die; they come back one after the other. */
export async function killTwoNodes({ cluster, random, times, say }: FaultWorld): Promise<void> {
  const victims = shuffled(random, cluster.namesOf("storage-node")).slice(0, 2);
  say(`SIGKILL ${victims.join(" and ")}`);
  for (const name of victims) await cluster.process(name).keepDown();
  for (const name of victims) {
    await pauseBetween(random, 50, times.downMaxMs / 2);
    cluster.process(name).start();
  }
}

/** Everything at once, as when the power fails (but what the kernel has taken survives). */
export async function killAll({ cluster, random, times, say }: FaultWorld): Promise<void> {
  say("SIGKILL of everything");
  await Promise.all([...cluster.processes.values()].map((each) => each.keepDown()));
  await pauseBetween(random, 50, times.downMaxMs / 2);
  for (const name of shuffled(random, [...cluster.processes.keys()])) cluster.process(name).start();
}

/** A process hangs and goes on later, believing what it believed before. */
export async function pauseOne({ cluster, random, times, say }: FaultWorld, role: Role): Promise<void> {
  const name = oneOf(random, cluster.namesOf(role));
  const pauseMs = 200 + below(random, times.pauseMaxMs);
  say(`SIGSTOP ${name} for ${pauseMs} ms`);
  cluster.process(name).pause();
  await pauseBetween(random, pauseMs, pauseMs);
  cluster.process(name).resume();
}
