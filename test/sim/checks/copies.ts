/**
 * What really lies on the disks in the end: every shard at three copies, byte for byte the same. A bit that turned in a
 * frame which nobody has read since is not noticed yet: one copy of a shard may have such frames.
 */
import { ServiceError } from "@millrace/base";
import { openLogStore, type LogStore } from "@millrace/log-store";
import { frameEndOffset } from "@millrace/model";
import type { SimulatedCluster } from "../cluster/simulated-cluster.ts";
import { SimulatedProcess } from "../world/simulated-process.ts";

const COPIES = 3;
const UNREADABLE = "unreadable";
const READ_BYTES = 1024 * 1024;
const LIMIT_MS = 60_000;

/** Ends all processes, opens every disk as a new process would, and compares. */
export async function requireThreeCopies(cluster: SimulatedCluster): Promise<void> {
  const { simulation } = cluster;
  for (const machine of cluster.machines) machine.process?.kill();
  /** Per shard: node name → its frames, as one text. */
  const copies = new Map<number, Map<string, string>>();
  let left = 0;
  for (const { name, disk } of cluster.ofRole("storage-node")) {
    if (disk.empty) continue;
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
        ofShard.set(name, damaged ? UNREADABLE : await contents(store, shardUid, logEnd));
      }
      left -= 1;
    };
    simulation.after(0, process, () => void inspect().catch((error: unknown) => simulation.violate(error)));
  }
  if (!(await simulation.until(() => left === 0, LIMIT_MS))) throw new Error("a disk cannot be read in the end");
  for (const [shardUid, ofShard] of copies) {
    if (ofShard.size < COPIES)
      throw new Error(`shard ${shardUid} has ${ofShard.size} copies: ${[...ofShard.keys()].join()}`);
    const readable = [...ofShard.values()].filter((text) => text !== UNREADABLE);
    if (new Set(readable).size === 1 && readable.length >= ofShard.size - 1) continue;
    const sizes = [...ofShard].map(([name, text]) => `${name} ${text.slice(0, 40)}`);
    throw new Error(`the copies of shard ${shardUid} differ: ${sizes.join("; ")}`);
  }
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
