/**
 * Asks the leader of a shard something that changes nothing, and goes on asking while there is a failover: reads may be
 * repeated after any failure.
 */
import { ServiceError, sleep, type ServiceErrorCode } from "@millrace/base";
import type { Status } from "@millrace/rpc";
import type { NodeConnection } from "../cluster/storage-nodes.ts";
import type { OperationContext } from "../operations/operation-context.ts";

/** How long a read looks for a leader; a failover takes up to 3 s. */
const SEARCH_MS = 5_000;
const PAUSE_MS = 50;

/** What every reply of a node to a reader has. */
export interface LeaderReply {
  readonly status: Extract<Status, string>;
  readonly leaderHint: string;
}

/** The first reply with STATUS_OK, or why there is none. `ask` may reject; it is called anew for every try. */
export async function askLeader<Reply extends LeaderReply>(
  context: OperationContext,
  shardUid: number,
  ask: (node: NodeConnection) => Promise<Reply>,
): Promise<Reply | ServiceErrorCode> {
  const { map, clock } = context;
  const endMs = clock.monotonicMs() + SEARCH_MS;
  let failure: ServiceErrorCode = "NOT_LEADER";
  for (;;) {
    const known = map.shardOfUid(shardUid);
    if (known === undefined) return "UNKNOWN_SHARD";
    const asked = known.shard.leader;
    const reply = await askOnce(context, asked, ask);
    if (typeof reply === "string") {
      failure = reply;
    } else if (reply.status === "STATUS_OK") {
      return reply;
    } else {
      failure = reply.status;
      followHint(context, shardUid, asked, reply.leaderHint);
    }
    if (!isPassing(failure) || clock.monotonicMs() >= endMs) return failure;
    await sleep(clock, PAUSE_MS);
  }
}

/** Remembers where a node says the leader is, unless the map has said something else meanwhile. */
export function followHint(context: OperationContext, shardUid: number, asked: string, hint: string): void {
  const known = context.map.shardOfUid(shardUid);
  if (known === undefined || known.shard.leader !== asked || hint === "" || !context.map.nodes.has(hint)) return;
  known.shard.leader = hint;
}

async function askOnce<Reply extends LeaderReply>(
  context: OperationContext,
  nodeId: string,
  ask: (node: NodeConnection) => Promise<Reply>,
): Promise<Reply | ServiceErrorCode> {
  const node = nodeId === "" ? undefined : context.nodes.get(nodeId);
  if (node === undefined) return "NOT_LEADER";
  try {
    return await ask(node);
  } catch (error) {
    // Whatever happened to this try, asking again is safe; the code decides whether it is worth it.
    return ServiceError.from(error).code;
  }
}

/** Whether another try may fare better within seconds. */
function isPassing(code: ServiceErrorCode): boolean {
  switch (code) {
    case "NOT_LEADER":
    case "UNKNOWN_SHARD":
    case "UNAVAILABLE":
    case "NOT_READY":
    case "NO_QUORUM":
      return true;
    default:
      return false;
  }
}
