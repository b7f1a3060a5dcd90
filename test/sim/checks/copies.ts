/**
 * What really lies on the disks in the end: every shard at the three nodes of its set, in three zones, byte for byte the
 * same from where the shortest begins (each node throws away whole files of what is trimmed), and nowhere else. A bit that
 * turned in a frame which nobody has read since is not noticed yet: one copy of a shard may have such frames. In the last
 * write of a disk it cannot be told from a torn write, which ends the log.
 */
import { ServiceError } from "@millrace/base";
import { openLogStore, type LogStore } from "@millrace/log-store";
import { frameEndOffset } from "@millrace/model";
import type { ShardRecord } from "@millrace/coordinator";
import type { Machine, SimulatedCluster } from "../cluster/simulated-cluster.ts";
import { SimulatedProcess } from "../world/simulated-process.ts";

const COPIES = 3;
const UNREADABLE = "unreadable";
/** All its frames, in hex, and where its log ends. */
type Copy =
  | typeof UNREADABLE
  | { readonly logEnd: number; readonly frames: readonly { readonly offset: number; readonly text: string }[] };
const READ_BYTES = 1024 * 1024;
const LIMIT_MS = 60_000;

/** Ends all processes, opens every disk as a new process would, and compares. */
export async function requireThreeCopies(cluster: SimulatedCluster): Promise<void> {
  const { simulation } = cluster;
  // A record of retention may be on its way between them.
  if (!(await simulation.until(() => cluster.areLevel, LIMIT_MS)))
    throw new Error("copies do not come level in the end");
  for (const machine of cluster.machines) machine.process?.kill();
  /** Per shard: machine → what it holds. */
  const copies = new Map<number, Map<Machine, Copy>>();
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

function requireCopies(cluster: SimulatedCluster, shard: ShardRecord, found: ReadonlyMap<Machine, Copy>): void {
  const { shardUid, set, leader } = shard;
  const places = [...found.keys()].map((machine) => cluster.checks.nodeAt(cluster.addressOf(machine))?.nodeId ?? "");
  const named = [...found.keys()].map(({ name, zone }) => `${name} in ${zone}`).toSorted();
  const isMember = (nodeId: string): boolean => set.some((member) => member.nodeId === nodeId);
  const zones = new Set([...found.keys()].map(({ zone }) => zone));
  if (set.length !== COPIES || zones.size !== COPIES || !isMember(leader))
    throw new Error(`shard ${shardUid} is set on ${JSON.stringify(set)}, led by ${leader}`);
  if (places.length !== COPIES || !places.every(isMember))
    throw new Error(`shard ${shardUid} lies at ${named.join(", ")}, and its set is ${JSON.stringify(set)}`);
  const logEnd = Math.max(...[...found.values()].map((copy) => (copy === UNREADABLE ? 0 : copy.logEnd)));
  const readable = [...found].flatMap(([{ disk }, copy]) =>
    copy === UNREADABLE || (disk.isRotten && copy.logEnd < logEnd) ? [] : [copy],
  );
  const from = Math.max(...readable.map(({ frames }) => frames[0]?.offset ?? 0));
  const texts = readable.map((copy) => {
    const common = copy.frames.filter(({ offset }) => offset >= from).map(({ text }) => text);
    return `to ${copy.logEnd}: ${common.join("")}`;
  });
  if (new Set(texts).size === 1 && texts.length >= COPIES - 1) return;
  throw new Error(`the copies of shard ${shardUid} at ${named.join(", ")} differ: ${texts.join("; ").slice(0, 400)}`);
}

async function contents(store: LogStore, shardUid: number, logEnd: number): Promise<Copy> {
  const held: { offset: number; text: string }[] = [];
  for (let next = 0; next < logEnd;) {
    const { frames } = await store.read(shardUid, next, READ_BYTES).catch(unreadable);
    if (frames === undefined) return UNREADABLE;
    const last = frames.at(-1);
    if (last === undefined) break;
    for (const frame of frames) held.push({ offset: frame.header.baseOffset, text: frame.bytes.toString("hex") });
    next = frameEndOffset(last.header);
  }
  return { logEnd, frames: held };
}

function unreadable(error: unknown): { readonly frames?: undefined } {
  if (ServiceError.from(error).code !== "DAMAGED") throw error;
  return {};
}
