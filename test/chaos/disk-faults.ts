/**
 * Disks that fill, rot, are cut short or vanish. What destroys bytes hurts one node of a cluster that was whole before,
 * and the cluster is given the time to become whole again: copies on two damaged disks at once are lost by arithmetic.
 */
import { closeSync, openSync, readdirSync, readSync, rmSync, statSync, truncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import { below, oneOf, pauseBetween, type FaultWorld } from "./fault-world.ts";

const WHOLE_TIMEOUT_MS = 90_000;
const MiB = 1024 * 1024;
/** Nodes are started with this floor: {@link fillDisk} goes below it. */
export const FLOOR_BYTES: number = 64 * MiB;

/** Space runs out on one node, to below the floor or to nothing, and comes back. */
export async function fillDisk({ cluster, random, times, disks, say }: FaultWorld): Promise<void> {
  const [name, disk] = oneOf(random, [...disks]);
  const leftBytes = oneOf(random, [FLOOR_BYTES / 2, FLOOR_BYTES / 8, 0]);
  say(`disk of ${name} left with ${leftBytes / MiB} MiB`);
  disk.leaveFree(leftBytes);
  await pauseBetween(random, 500, times.networkMaxMs);
  disk.empty();
  await pauseBetween(random, 100, 300);
  cluster.process(name).start();
}

/** Bytes of journal files change while the node is down. */
export function corruptJournal(world: FaultWorld): Promise<void> {
  return damage(world, "journal bytes flipped on", (directory) => {
    const file = oneOf(world.random, segmentsOf(directory));
    const { size } = statSync(file);
    const times = 1 + below(world.random, 8);
    const descriptor = openSync(file, "r+");
    for (let time = 0; time < times; time += 1) {
      const position = below(world.random, size);
      const byte = Buffer.alloc(1);
      readSync(descriptor, byte, 0, 1, position);
      byte[0] = (byte[0] ?? 0) ^ (1 << below(world.random, 8));
      writeSync(descriptor, byte, 0, 1, position);
    }
    closeSync(descriptor);
  });
}

/** The newest journal file loses its end while the node is down. */
export function truncateJournal(world: FaultWorld): Promise<void> {
  return damage(world, "journal truncated on", (directory) => {
    const file = segmentsOf(directory).at(-1) ?? "";
    truncateSync(file, below(world.random, statSync(file).size));
  });
}

/** The index goes: it is made again from the journal. */
export function deleteIndex(world: FaultWorld): Promise<void> {
  return damage(world, "index deleted on", (directory) => {
    rmSync(join(directory, "index"), { recursive: true });
  });
}

async function damage(world: FaultWorld, what: string, hurt: (directory: string) => void): Promise<void> {
  const { cluster, random, say, violate } = world;
  if (!(await cluster.waitWhole(WHOLE_TIMEOUT_MS))) {
    return violate(`the cluster was not whole ${WHOLE_TIMEOUT_MS / 1000} s after the faults before had ended`);
  }
  const name = oneOf(random, cluster.namesOf("storage-node"));
  say(`${what} ${name}`);
  await cluster.process(name).keepDown();
  // What the others had in flight to each other arrives, so that two of them hold all there is.
  await pauseBetween(random, 1_000, 1_500);
  hurt(cluster.directoryOf(name));
  cluster.process(name).start();
  if (!(await cluster.waitWhole(WHOLE_TIMEOUT_MS))) {
    violate(`${what} ${name}: not whole again after ${WHOLE_TIMEOUT_MS / 1000} s`);
  }
}

function segmentsOf(directory: string): string[] {
  const journal = join(directory, "journal");
  return readdirSync(journal)
    .filter((file) => statSync(join(journal, file)).isFile())
    .toSorted()
    .map((file) => join(journal, file));
}
