/** One read of committed records from the leader of a shard, and the resolution of LATEST and times to offsets. */
import { ServiceError, type ServiceErrorCode } from "@millrace/base";
import type { RecordRun } from "@millrace/kinesis";
import {
  callUnary,
  fromGrpcError,
  type LocateReply__Output,
  type LocateRequest,
  type ReadChunk__Output,
} from "@millrace/rpc";
import type { NodeConnection } from "../cluster/storage-nodes.ts";
import type { ShardView } from "../cluster/stream-view.ts";
import type { ByteBudget } from "../http/byte-budget.ts";
import type { OperationContext } from "../operations/operation-context.ts";
import { askLeader, type LeaderReply } from "./ask-leader.ts";
import { recordRuns } from "./record-runs.ts";

const LOCATE_TIMEOUT_MS = 5_000;
const READ_TIMEOUT_MS = 15_000;

/** What to read. */
export interface ShardRead {
  readonly fromOffset: number;
  readonly recordsMax: number;
  /** Partition keys and data. */
  readonly bytesMax: number;
  readonly encrypted: boolean;
  readonly requestId: string;
}

/** What a read found. `heldBytes` are taken from the read budget: the caller releases them. */
export interface ShardReadResult extends LeaderReply {
  readonly runs: readonly RecordRun[];
  readonly nextOffset: number;
  readonly endOfShard: boolean;
  readonly millisBehindLatest: number;
  readonly heldBytes: number;
}

type GrpcFailure = Parameters<typeof fromGrpcError>[0];
/** The overload of the generated client that takes options. */
type LocateMethod = Parameters<typeof callUnary<LocateRequest, LocateReply__Output>>[0];

/** Reads from the leader; see {@link askLeader} for what is tried again. */
export function readShard(
  context: OperationContext,
  shard: ShardView,
  read: ShardRead,
): Promise<ShardReadResult | ServiceErrorCode> {
  return askLeader(context, shard.shardUid, (node) => readOnce(context, node, shard, read));
}

/** The offset LATEST or a time stands for right now. What is given out as an iterator counts against the shard's limits. */
export function locate(
  context: OperationContext,
  shard: ShardView,
  what: { readonly timeMs: number } | "latest" | "nothing",
  requestId: string,
  countsAgainstLimits = false,
): Promise<LocateReply__Output | ServiceErrorCode> {
  const request: LocateRequest = {
    shardUid: shard.shardUid,
    requestId,
    countsAgainstLimits,
    ...(typeof what === "string"
      ? { what: what === "latest" ? "LATEST" : "NOTHING" }
      : { what: "TIME", timeMs: Math.max(0, Math.trunc(what.timeMs)) }),
  };
  return askLeader(context, shard.shardUid, ({ reads }) => {
    const method: LocateMethod = reads.locate.bind(reads);
    return callUnary(method, request, LOCATE_TIMEOUT_MS);
  });
}

function readOnce(
  context: OperationContext,
  node: NodeConnection,
  shard: ShardView,
  read: ShardRead,
): Promise<ShardReadResult> {
  const call = node.reads.read(
    {
      shardUid: shard.shardUid,
      fromOffset: read.fromOffset,
      maxRecords: read.recordsMax,
      maxBytes: read.bytesMax,
      countsAgainstLimits: true,
      requestId: read.requestId,
    },
    { deadline: context.clock.nowMs() + READ_TIMEOUT_MS },
  );
  const budget: ByteBudget = context.readBudget;
  const runs: RecordRun[] = [];
  let heldBytes = 0;
  return new Promise((resolve, reject) => {
    const fail = (error: ServiceError): void => {
      budget.release(heldBytes);
      heldBytes = 0;
      call.removeAllListeners("data");
      call.cancel();
      reject(error);
    };
    call.on("data", (chunk: ReadChunk__Output) => {
      if (!budget.tryTake(chunk.frames.length))
        return fail(new ServiceError("OVERLOADED", "too many bytes being read"));
      heldBytes += chunk.frames.length;
      const found = chunk.status === "STATUS_OK" ? recordRuns(shard, chunk, read.fromOffset, read.encrypted) : [];
      if (found === undefined) return fail(new ServiceError("DAMAGED", "a frame was damaged on its way"));
      runs.push(...found);
      if (!chunk.last) return;
      if (chunk.status !== "STATUS_OK") {
        budget.release(heldBytes);
        heldBytes = 0;
      }
      const { status, leaderHint, nextOffset, endOfShard, millisBehindLatest } = chunk;
      resolve({ status, leaderHint, runs, nextOffset, endOfShard, millisBehindLatest, heldBytes });
    });
    call.on("error", (error: GrpcFailure) => fail(fromGrpcError(error)));
    // After the last chunk this settles nothing any more.
    call.on("end", () => reject(new ServiceError("UNAVAILABLE", "the read ended early")));
  });
}
