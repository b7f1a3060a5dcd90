/** The gRPC service: decodes nothing but calls, hands them to the parts, turns failures into gRPC statuses. */
import { ServiceError } from "@millrace/base";
import {
  rangeOfFields,
  toGrpcError,
  type ClusterMapUpdate as MapMessage,
  type CoordinatorHandlers,
  type NodeDirective,
  type NodeReport__Output,
  type OperateReply,
  type OperateRequest__Output,
  type ServerDuplexStream,
} from "@millrace/rpc";
import type { ClusterMapUpdate } from "@millrace/model";
import type { Logger, MetricsRegistry } from "@millrace/runtime";
import { lacksVersion } from "../operate/finalize-version.ts";
import { operate, type OperateParts } from "../operate/operate.ts";
import { answerControl, parseInput, type ControlParts } from "./control-call.ts";
import type { MapWatchers } from "./map-watchers.ts";
import type { NodeRegistry } from "./node-registry.ts";

/** What the service hands its calls to. */
export interface ServiceParts {
  readonly control: ControlParts;
  readonly operate: OperateParts;
  readonly registry: NodeRegistry;
  readonly watchers: MapWatchers;
  readonly metrics: MetricsRegistry;
  readonly logger: Logger;
  readonly nowMs: () => number;
  /** A stopping node whose leaders are being moved. */
  readonly mustStay: (nodeId: string) => boolean;
}

/** Handlers for `serveRpc`. */
export function coordinatorHandlers(parts: ServiceParts): CoordinatorHandlers {
  const answer = <T>(
    work: Promise<T>,
    callback: (error: ReturnType<typeof toGrpcError> | null, value?: T) => void,
  ): void => {
    work.then(
      (value) => callback(null, value),
      (thrown: unknown) => {
        const error = ServiceError.from(thrown);
        parts.metrics.countIfAssertion(error);
        if (error.code === "INTERNAL") parts.logger.error({ error }, "a call failed because of a defect");
        callback(toGrpcError(error));
      },
    );
  };
  return {
    Register: (call, callback) => answer(parts.registry.register(call.request), callback),
    Control: (call, callback) => answer(answerControl(parts.control, call.request), callback),
    Operate: (call, callback) => answer(answerOperate(parts.operate, call.request), callback),
    FindActive: (_call, callback) => {
      const { coordinatorTerm } = parts.control.writer.tables.cluster;
      callback(null, { active: true, coordinatorTerm });
    },
    Heartbeat: (stream) => takeHeartbeats(parts, stream),
    WatchMap: (stream) => {
      const sink = {
        write: (update: ClusterMapUpdate): boolean => stream.write(mapMessage(update)),
        onDrain: (callback: () => void): void => void stream.once("drain", callback),
      };
      const follower = { holder: stream.request.holder, protocol: rangeOfFields(stream.request) };
      const lacks = lacksVersion(follower.holder, follower.protocol, parts.control.writer.tables.cluster);
      if (lacks !== undefined) return refuse(stream, new ServiceError("VERSION", lacks));
      const stop = parts.watchers.add(sink, stream.request.haveVersion, follower);
      if (stop === undefined) return refuse(stream, new ServiceError("OVERLOADED", "too many watchers"));
      for (const end of ["cancelled", "close", "error"]) stream.on(end, stop);
    },
  };
}

/** Not destroyed: grpc-js would never send the status. */
function refuse(stream: { emit(event: "error", error: Error): unknown }, why: ServiceError): void {
  const refusal = toGrpcError(why);
  stream.emit("error", Object.assign(new Error(refusal.details), refusal));
}

async function answerOperate(parts: OperateParts, request: OperateRequest__Output): Promise<OperateReply> {
  const input = parseInput(request.inputJson);
  return { outputJson: Buffer.from(JSON.stringify(await operate(parts, request.operation, input))) };
}

function takeHeartbeats(parts: ServiceParts, stream: ServerDuplexStream<NodeReport__Output, NodeDirective>): void {
  let nodeId = "";
  let isOver = false;
  const over = (): void => {
    if (isOver) return;
    isOver = true;
    if (nodeId !== "") parts.registry.streamBroke(nodeId, stream);
    stream.end();
  };
  stream.on("data", (report: NodeReport__Output) => {
    if (isOver) return;
    nodeId = report.nodeId;
    const isKnown = parts.registry.report(report, stream);
    // One directive per report, always: the node counts them to know which events have been taken. It stops reporting
    // when too many are unanswered, which bounds this queue.
    const { coordinatorTerm } = parts.control.writer.tables.cluster;
    stream.write({
      coordinatorMs: parts.nowMs(),
      coordinatorTerm,
      registerAgain: !isKnown,
      stay: isKnown && parts.mustStay(nodeId),
    });
  });
  for (const end of ["cancelled", "end", "close", "error"]) stream.on(end, over);
}

function mapMessage(update: ClusterMapUpdate): MapMessage {
  return {
    ...update,
    nodes: [...update.nodes],
    removedNodeIds: [...update.removedNodeIds],
    streams: update.streams.map((stream) => ({ ...stream, shardMetrics: [...stream.shardMetrics] })),
    removedStreamUids: [...update.removedStreamUids],
    shards: update.shards.map((shard) => ({
      ...shard,
      parentShardUids: [...shard.parentShardUids],
      replicas: [...shard.replicas],
    })),
    removedShardUids: [...update.removedShardUids],
    consumers: [...update.consumers],
    removedConsumerArns: [...update.removedConsumerArns],
  };
}
