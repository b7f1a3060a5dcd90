/** CreateStream: a record in CREATING and the shards that the epoch rules place; the life cycle opens them all at once. */
import { initialHashRanges } from "@millrace/model";
import type { ClusterState, StreamRecord } from "../state/cluster-state.ts";
import { streamNameKey } from "../state/cluster-tables.ts";
import { refuseMoreOnDemandStreams, refuseMoreShards, streamsOfCaller } from "./account-usage.ts";
import {
  invalidArgument,
  type NamedStream,
  type Refused,
  shardLimitExceeded,
  streamExists,
  tooManyTransitions,
} from "./control-errors.ts";
import type { ControlContext, ControlOperation } from "./control-operation.ts";
import { makeShards } from "./new-shard.ts";
import { SHARDS_PER_STREAM_MAX } from "./shard-scaling.ts";
import { addTags } from "./tags.ts";
import { onDemandShardFloor, refuseWarmThroughput } from "./warm-throughput.ts";

/** Members of a CreateStream request. */
export interface CreateStreamInput {
  readonly StreamName: string;
  readonly ShardCount?: number | undefined;
  readonly StreamModeDetails?: { readonly StreamMode: "PROVISIONED" | "ON_DEMAND" } | undefined;
  readonly Tags?: Readonly<Record<string, string>> | undefined;
  readonly WarmThroughputMiBps?: number | undefined;
  readonly MaxRecordSizeInKiB?: number | undefined;
  readonly RecordDistributionStrategy?: "AUTO" | "USER_PARTITION_KEY" | undefined;
}

const DEFAULT_RETENTION_HOURS = 24;
const DEFAULT_MAX_RECORD_KIB = 1024;

/** Neither ShardCount nor a mode makes an on-demand stream of four shards; a ShardCount alone a provisioned one. */
export const createStream: ControlOperation<CreateStreamInput> = (state, input, context) => {
  const { accountId, region } = context;
  const named = { name: input.StreamName, accountId, region };
  if (state.streamsByName.has(streamNameKey(named))) return streamExists(named);
  const mode = input.StreamModeDetails?.StreamMode ?? (input.ShardCount === undefined ? "ON_DEMAND" : "PROVISIONED");
  const refusal = refuseTransition(state, context) ?? refuseMode(state, input, { ...named, mode }, context);
  if (refusal !== undefined) return refusal;
  const warmThroughputMiBps = input.WarmThroughputMiBps ?? 0;
  const shardCount = mode === "ON_DEMAND" ? onDemandShardFloor(warmThroughputMiBps) : (input.ShardCount ?? 0);
  const shardRefusal = mode === "ON_DEMAND" ? undefined : refuseShards(state, context, shardCount);
  if (shardRefusal !== undefined) return shardRefusal;
  const tags = addTags(named, {}, input.Tags ?? {});
  if ("error" in tags) return tags;

  const streamUid = state.cluster.nextStreamUid;
  const stream: StreamRecord = {
    streamUid,
    ...named,
    status: "CREATING",
    createdMs: context.nowMs,
    mode,
    retentionHours: DEFAULT_RETENTION_HOURS,
    maxRecordSizeInKiB: input.MaxRecordSizeInKiB ?? DEFAULT_MAX_RECORD_KIB,
    tags: tags.value,
    shardMetrics: [],
    encryptionKeyId: "",
    policy: "",
    warmThroughputMiBps,
    distribution: input.RecordDistributionStrategy ?? "USER_PARTITION_KEY",
    nextShardIndex: 0,
    reshard: undefined,
    activeAtMs: 0,
    modeChangesMs: [],
    shardCountUpdatesMs: [],
    encryptionChangesMs: [],
  };
  const ranges = initialHashRanges(shardCount);
  const made = makeShards(
    { ...state.cluster, nextStreamUid: streamUid + 1 },
    stream,
    ranges.map((range) => ({ range, parents: [] })),
  );
  return {
    output: undefined,
    changes: [
      { table: "cluster", key: "cluster", value: made.cluster },
      { table: "stream", key: streamUid, value: made.stream },
      ...made.shards.map((shard) => ({ table: "shard", key: shard.shardUid, value: shard }) as const),
    ],
  };
};

function refuseTransition(state: ClusterState, context: ControlContext): Refused | undefined {
  const limit = context.limits.streamsInTransitionMax;
  const inTransition = streamsOfCaller(state, context).filter(
    (stream) => stream.status === "CREATING" || stream.status === "DELETING",
  );
  return inTransition.length >= limit ? tooManyTransitions(limit) : undefined;
}

function refuseMode(
  state: ClusterState,
  input: CreateStreamInput,
  stream: NamedStream & { readonly region: string; readonly mode: "PROVISIONED" | "ON_DEMAND" },
  context: ControlContext,
): Refused | undefined {
  if (stream.mode === "ON_DEMAND") {
    const refusal = refuseMoreOnDemandStreams(state, context);
    if (refusal !== undefined) return refusal;
  } else if (input.ShardCount === undefined) {
    return invalidArgument("ShardCount must be provided for a stream in PROVISIONED mode.");
  } else if (input.RecordDistributionStrategy === "AUTO") {
    return invalidArgument("RecordDistributionStrategy AUTO needs a stream in ON_DEMAND mode.");
  }
  if (input.WarmThroughputMiBps === undefined) return undefined;
  return refuseWarmThroughput(state, stream, input.WarmThroughputMiBps);
}

function refuseShards(state: ClusterState, context: ControlContext, shardCount: number): Refused | undefined {
  if (shardCount <= SHARDS_PER_STREAM_MAX) return refuseMoreShards(state, context, shardCount);
  const { accountId, region } = context;
  const limit = SHARDS_PER_STREAM_MAX;
  return shardLimitExceeded({ accountId, region, current: 0, limit, additional: shardCount });
}
