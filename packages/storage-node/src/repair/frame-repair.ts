/**
 * Replaces damaged frames by copies of other members. Only committed frames: those are the same bytes wherever they are, so
 * it does not matter who leads or what epoch it is. Below the commit offset nothing is ever cut.
 */
import { decodeFrames, frameEndOffset, type Frame } from "@millrace/model";
import type { LogStore } from "@millrace/log-store";
import { callUnary, peerClient, type ReadFrameReply, type ReadFrameRequest } from "@millrace/rpc";
import type { Logger } from "@millrace/runtime";
import type { HeldReplica } from "../replica/held-replica.ts";
import type { ReplicaHost } from "../replica/replica-host.ts";

const ASK_DEADLINE_MS = 3_000;
/** Frames being repaired at once; further ones are asked for again by whoever needs them. */
const RUNNING_MAX = 8;

/** What repairs work with. */
export interface FrameRepairParts {
  readonly logStore: LogStore;
  readonly logger: Logger;
  readonly addressOf: (nodeId: string) => string | undefined;
  readonly onRepaired: () => void;
}

/** See the file comment. */
export class FrameRepair {
  readonly #parts: FrameRepairParts;
  readonly #running = new Map<string, Promise<boolean>>();

  constructor(parts: FrameRepairParts) {
    this.#parts = parts;
  }

  /** Repairs the frame of a replica that holds `offset`. False: not committed here, or no other member has it sound. */
  repair(held: HeldReplica, offset: number): Promise<boolean> {
    const key = `${held.shardUid}/${offset}`;
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    if (this.#running.size >= RUNNING_MAX) return Promise.resolve(false);
    const repair = this.#repair(held, offset).finally(() => this.#running.delete(key));
    this.#running.set(key, repair);
    return repair;
  }

  async #repair(held: HeldReplica, offset: number): Promise<boolean> {
    const { logStore, logger, addressOf, onRepaired } = this.#parts;
    const { shardUid, set } = held;
    for (const { nodeId, replicaUuid } of set) {
      const address = nodeId === logStore.nodeId ? undefined : addressOf(nodeId);
      if (address === undefined || offset >= held.replica.commitOffset) continue;
      const frame = await askFor(address, { shardUid, replicaUuid, offset });
      if (frame === undefined || !isFrameOf(held, frame, offset)) continue;
      const repaired = await logStore.repair(frame).catch(() => false);
      if (!repaired) return false;
      logger.warn({ shard: shardUid, offset, from: nodeId }, "repaired a damaged frame");
      onRepaired();
      return true;
    }
    return false;
  }
}

/** The frame that holds `offset`, for a member that asks; empty when it cannot be given. */
export async function frameForMember(
  host: ReplicaHost,
  logStore: LogStore,
  { shardUid, replicaUuid, offset }: ReadFrameRequest & { readonly shardUid: number; readonly offset: number },
): Promise<ReadFrameReply> {
  const held = host.get(shardUid);
  const replica = held?.replica;
  if (replica === undefined || replica.replicaUuid !== replicaUuid || replica.suspect) return {};
  if (offset < replica.logStart || offset >= replica.commitOffset) return {};
  const found = await logStore.read(shardUid, offset, 0).catch(() => undefined);
  const frame = found?.frames[0];
  // What was read before a cut is not what the replica holds.
  if (frame === undefined || held?.replica.suspect !== false) return {};
  return frameEndOffset(frame.header) <= replica.commitOffset ? { frame: frame.bytes } : {};
}

async function askFor(address: string, request: ReadFrameRequest): Promise<Frame | undefined> {
  const client = peerClient(address);
  try {
    const ask = client.readFrame.bind(client) as Parameters<typeof callUnary<ReadFrameRequest, ReadFrameReply>>[0];
    const { frame } = await callUnary(ask, request, ASK_DEADLINE_MS);
    return frame instanceof Buffer ? decodeFrames(frame)?.[0] : undefined;
  } catch {
    // Away or slow: another member is asked, or somebody asks again.
    return undefined;
  } finally {
    client.close();
  }
}

function isFrameOf(held: HeldReplica, { header }: Frame, offset: number): boolean {
  const { commitOffset, logStart } = held.replica;
  const covers = header.baseOffset <= offset && frameEndOffset(header) > offset;
  return covers && header.shardUid === held.shardUid && frameEndOffset(header) <= commitOffset && offset >= logStart;
}
