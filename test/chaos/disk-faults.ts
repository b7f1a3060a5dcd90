/**
 * Disks that fill, rot, are cut short or vanish. What destroys bytes hurts one node of a cluster that was whole before,
 * and the cluster is given the time to become whole again: copies on two damaged disks at once are lost by arithmetic.
 */
import { execFile } from "node:child_process";
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { below, oneOf, pauseBetween, type FaultWorld } from "./fault-world.ts";

const MILLRACE = join(import.meta.dirname, "../../packages/cli/bin/millrace.js");
const WHOLE_TIMEOUT_MS = 90_000;
const MiB = 1024 * 1024;
/** Size of the file system that is filled. */
export const DISK_MIB = 2_048;
/** Nodes are started with this floor: {@link fillDisk} goes below it. */
export const FLOOR_BYTES: number = 64 * MiB;

/** Space runs out on one node, to below the floor or to nothing, and comes back. */
export async function fillDisk({ cluster, random, times, disks, say }: FaultWorld): Promise<void> {
  const [name, disk] = oneOf(random, [...disks]);
  const leftBytes = oneOf(random, [FLOOR_BYTES / 2, FLOOR_BYTES / 8, 0]);
  say(`disk of ${name} left with ${leftBytes / MiB} MiB`);
  disk.shrink(leftBytes);
  await pauseBetween(random, 500, times.networkMaxMs);
  disk.grow(DISK_MIB);
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

/**
 * A node loses its whole disk and comes back empty: it is somebody else, and its copies are made anew there. What
 * an operator does then, or `replaceAfterMs` does without one, is done at once: the dead identity is decommissioned.
 */
export function emptyDisk(world: FaultWorld): Promise<void> {
  const { cluster, violate } = world;
  let lost = "";
  const empty = (directory: string): void => {
    lost = (JSON.parse(readFileSync(join(directory, "identity.json"), "utf8")) as { nodeId: string }).nodeId;
    // The directory itself may be where a disk is mounted.
    for (const file of readdirSync(directory)) rmSync(join(directory, file), { recursive: true });
  };
  return damage(world, "disk emptied of", empty, async () => {
    const command = [MILLRACE, "node", "decommission", lost, "--wait", "--coordinator", cluster.coordinatorAddress];
    const giveUpMs = performance.now() + WHOLE_TIMEOUT_MS;
    for (;;) {
      // Refused until the empty node has registered: before, the copies have nowhere to go.
      const failure = await promisify(execFile)(process.execPath, command, { timeout: WHOLE_TIMEOUT_MS }).then(
        () => undefined,
        (error: Error) => error.message,
      );
      if (failure === undefined) return;
      if (performance.now() > giveUpMs) return violate(`copies of an emptied node were not made anew: ${failure}`);
      await pauseBetween(world.random, 500, 500);
    }
  });
}

async function damage(
  world: FaultWorld,
  what: string,
  hurt: (directory: string) => void,
  operate: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
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
  await operate();
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
