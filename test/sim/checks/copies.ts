/**
 * What really lies on the disks in the end: every shard at the three nodes of its set, in three zones, byte for byte the
 * same, and nowhere else. A bit that turned in a frame which nobody has read since is not noticed yet: one copy of a shard
 * may have such frames.
 */
import { ServiceError } from "@millrace/base";
import { openLogStore, type LogStore } from "@millrace/log-store";
import { frameEndOffset } from "@millrace/model";
import type { ShardRecord } from "@millrace/coordinator";
import type { Machine, SimulatedCluster } from "../cluster/simulated-cluster.ts";
import { SimulatedProcess } from "../world/simulated-process.ts";

const COPIES = 3;
const UNREADABLE = "unreadable";
const READ_BYTES = 1024 * 1024;
const LIMIT_MS = 60_000;

/** Ends all processes, opens every disk as a new process would, and compares. */
export async function requireThreeCopies(cluster: SimulatedCluster): Promise<void> {
  const { simulation } = cluster;
  for (const machine of cluster.machines) machine.process?.kill();
  /** Per shard: machine → its frames, as one text. */
  const copies = new Map<number, Map<Machine, string>>();
  let left = 0;
  for (const machine of cluster.ofRole("storage-node")) {
    const { name, disk } = machine;
    if (disk.empty || isRetired(cluster, machine)) continue;
    const process = new SimulatedProcess(simulation, `inspector of ${name}`);
    left += 1;
    const inspect = async (): Promise<void> => {
      const store = await openLogStore(
        {
          directory: "/data",
          segmentBytes: READ_BYTES,
          tailCacheBytes: 0,
          diskFloorBytes: 0,
          onFatal: (error) => simulation.violate(error),
        },
        { clock: process.clock, random: simulation.dice.forConcern(process.name).random, ...disk.seams(process) },
      );
      for (const [shardUid, { logEnd, damaged }] of store.recovered) {
        let ofShard = copies.get(shardUid);
        if (ofShard === undefined) copies.set(shardUid, (ofShard = new Map()));
        ofShard.set(machine, damaged ? UNREADABLE : await contents(store, shardUid, logEnd));
      }
      left -= 1;
    };
    simulation.after(0, process, () => void inspect().catch((error: unknown) => simulation.violate(error)));
  }
  if (!(await simulation.until(() => left === 0, LIMIT_MS))) throw new Error("a disk cannot be read in the end");
  for (const shard of cluster.checks.shards) requireCopies(cluster, shard, copies.get(shard.shardUid) ?? new Map());
}

/** It holds nothing that counts, and may hold what nobody could tell it to drop. */
function isRetired(cluster: SimulatedCluster, machine: Machine): boolean {
  return cluster.checks.nodeAt(cluster.addressOf(machine))?.duty === "decommissioned";
}

function requireCopies(cluster: SimulatedCluster, shard: ShardRecord, found: ReadonlyMap<Machine, string>): void {
  const { shardUid, set, leader } = shard;
  const places = [...found.keys()].map((machine) => cluster.checks.nodeAt(cluster.addressOf(machine))?.nodeId ?? "");
  const named = [...found.keys()].map(({ name, zone }) => `${name} in ${zone}`).toSorted();
  const isMember = (nodeId: string): boolean => set.some((member) => member.nodeId === nodeId);
  if (set.length !== COPIES || new Set(set.map(({ zone }) => zone)).size !== COPIES || !isMember(leader))
    throw new Error(`shard ${shardUid} is set on ${JSON.stringify(set)}, led by ${leader}`);
  if (places.length !== COPIES || !places.every(isMember))
    throw new Error(`shard ${shardUid} lies at ${named.join(", ")}, and its set is ${JSON.stringify(set)}`);
  const readable = [...found.values()].filter((text) => text !== UNREADABLE);
  if (new Set(readable).size === 1 && readable.length >= COPIES - 1) return;
  const sizes = [...found].map(([{ name }, text]) => `${name} ${text.slice(0, 40)}`);
  throw new Error(`the copies of shard ${shardUid} differ: ${sizes.join("; ")}`);
}

/** The end of the log and all its frames, in hex. */
async function contents(store: LogStore, shardUid: number, logEnd: number): Promise<string> {
  const parts: string[] = [`to ${logEnd}:`];
  for (let next = 0; next < logEnd;) {
    const { frames } = await store.read(shardUid, next, READ_BYTES).catch(unreadable);
    if (frames === undefined) return UNREADABLE;
    const last = frames.at(-1);
    if (last === undefined) return `${parts.join("")} nothing at ${next}`;
    for (const frame of frames) parts.push(frame.bytes.toString("hex"));
    next = frameEndOffset(last.header);
  }
  return parts.join("");
}

function unreadable(error: unknown): { readonly frames?: undefined } {
  if (ServiceError.from(error).code !== "DAMAGED") throw error;
  return {};
}
