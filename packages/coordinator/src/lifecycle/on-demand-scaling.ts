/**
 * On-demand streams: hot shards are split, cold neighbours merged. Kinesis promises room for twice the recent peak and
 * does not publish its rule; this one keeps every shard's load below half of its write limit, which is the same room.
 *
 * - Split: above {@link HOT_SHARE} of a shard's limit in {@link HOT_EVALUATIONS} evaluations running, ten seconds
 *   apart. Two, because one burst should not split a shard, and twenty seconds of overload is what clients retry over.
 * - Merge: both neighbours below {@link COLD_SHARE} for {@link COLD_MS}, a quarter of an hour: the time within which
 *   Kinesis allows traffic to double. The merged shard stays below a fifth of its limit, so it does not split again.
 * - At most one reshard of a stream at a time; splits go before merges; never fewer shards than the stream's floor, and
 *   by splitting never more than {@link SPREAD_MAX} times what the load would need if it were even: one hot partition
 *   key stays hot however often its shard is halved.
 *
 * What must be remembered between evaluations is a value passed in and handed back. It may be lost: a new coordinator
 * starts counting again.
 */
import { areAdjacentHashRanges, mergeHashRanges, middleOfHashRange, splitHashRange } from "@millrace/model";
import { hashRangeOf } from "../control/new-shard.ts";
import {
  planScalingRound,
  type PlannedStep,
  SHARDS_PER_STREAM_MAX,
  startReshardRound,
} from "../control/shard-scaling.ts";
import { openShards } from "../control/shard-view.ts";
import { onDemandShardFloor } from "../control/warm-throughput.ts";
import type { ClusterState, ShardRecord, StateChange, StreamRecord } from "../state/cluster-state.ts";
import { ChangeDraft } from "./change-draft.ts";

/** Rates of accepted and refused writes of a shard over the last ten seconds. */
export interface ShardLoad {
  readonly shardUid: number;
  readonly bytesPerSecond: number;
  readonly recordsPerSecond: number;
}

/** How long a shard has been hot or cold. Shards without an entry are neither. */
export interface ShardTemperature {
  /** Share of its write limit that was used; 1 is all of it. */
  readonly share: number;
  /** Evaluations running in which it was hot. */
  readonly hotEvaluations: number;
  /** Since when it has been cold, undefined when it was not at the last evaluation. */
  readonly coldSinceMs: number | undefined;
}

/** The state between evaluations, by shard uid. Holds open shards of on-demand streams only. */
export type OnDemandMemory = ReadonlyMap<number, ShardTemperature>;

/** What an evaluation decided and what the next one needs. */
export interface OnDemandDecision {
  readonly changes: readonly StateChange[];
  readonly memory: OnDemandMemory;
}

/** Write limits of a shard (AWS: Kinesis quotas and limits). */
const SHARD_BYTES_PER_SECOND = 1_048_576;
const SHARD_RECORDS_PER_SECOND = 1000;
const HOT_SHARE = 0.5;
const HOT_EVALUATIONS = 2;
const SPREAD_MAX = 4;
const COLD_SHARE = 0.1;
const COLD_MS = 900_000;

/** Evaluates all on-demand streams; to be called every ten seconds with the loads of all shards that reported. */
export function scaleOnDemandStreams(
  state: ClusterState,
  nowMs: number,
  loads: ReadonlyMap<number, ShardLoad>,
  memory: OnDemandMemory,
): OnDemandDecision {
  const draft = new ChangeDraft(state);
  const next = new Map<number, ShardTemperature>();
  for (const stream of state.streams.values()) {
    if (stream.mode !== "ON_DEMAND" || (stream.status !== "ACTIVE" && stream.status !== "UPDATING")) continue;
    const open = openShards(state.shardsOf(stream.streamUid));
    for (const { shardUid } of open) {
      next.set(shardUid, temperature(loads.get(shardUid), memory.get(shardUid), nowMs));
    }
    if (stream.status !== "ACTIVE") continue;
    const { steps, target } = planSteps(stream, open, next, nowMs);
    if (steps.length > 0) draft.put(startReshardRound(draft.cluster, stream, steps, target));
  }
  return { changes: draft.changes(), memory: next };
}

function temperature(
  load: ShardLoad | undefined,
  before: ShardTemperature | undefined,
  nowMs: number,
): ShardTemperature {
  // Nobody reports while a leader is being replaced. That says nothing about the load.
  if (load === undefined) return { share: 0, hotEvaluations: 0, coldSinceMs: undefined };
  const share = Math.max(
    load.bytesPerSecond / SHARD_BYTES_PER_SECOND,
    load.recordsPerSecond / SHARD_RECORDS_PER_SECOND,
  );
  return {
    share,
    hotEvaluations: share > HOT_SHARE ? (before?.hotEvaluations ?? 0) + 1 : 0,
    coldSinceMs: share < COLD_SHARE ? (before?.coldSinceMs ?? nowMs) : undefined,
  };
}

function planSteps(
  stream: StreamRecord,
  open: readonly ShardRecord[],
  memory: OnDemandMemory,
  nowMs: number,
): { readonly steps: readonly PlannedStep[]; readonly target: number } {
  const warmShards = stream.warmThroughputMiBps === 0 ? 0 : onDemandShardFloor(stream.warmThroughputMiBps);
  if (open.length < warmShards) return { steps: planScalingRound(open, warmShards), target: warmShards };
  const splits = open
    .filter((shard) => (memory.get(shard.shardUid)?.hotEvaluations ?? 0) >= HOT_EVALUATIONS)
    .flatMap((shard) => splitInHalf(shard))
    .slice(0, Math.max(0, shardsMax(stream, open, memory) - open.length));
  if (splits.length > 0) return { steps: splits, target: 0 };
  const spare = open.length - onDemandShardFloor(stream.warmThroughputMiBps);
  return { steps: mergeCold(open, memory, nowMs).slice(0, Math.max(0, spare)), target: 0 };
}

function shardsMax(stream: StreamRecord, open: readonly ShardRecord[], memory: OnDemandMemory): number {
  const totalShare = open.reduce((sum, shard) => sum + (memory.get(shard.shardUid)?.share ?? 0), 0);
  const useful = SPREAD_MAX * Math.ceil(totalShare / HOT_SHARE);
  return Math.min(SHARDS_PER_STREAM_MAX, Math.max(onDemandShardFloor(stream.warmThroughputMiBps), useful));
}

function splitInHalf(shard: ShardRecord): readonly PlannedStep[] {
  const range = hashRangeOf(shard);
  const middle = middleOfHashRange(range);
  return middle === undefined ? [] : [{ parents: [shard], children: splitHashRange(range, middle) }];
}

function mergeCold(open: readonly ShardRecord[], memory: OnDemandMemory, nowMs: number): readonly PlannedStep[] {
  const steps: PlannedStep[] = [];
  let lower: ShardRecord | undefined;
  for (const shard of open) {
    const coldSinceMs = memory.get(shard.shardUid)?.coldSinceMs;
    if (coldSinceMs === undefined || nowMs - coldSinceMs < COLD_MS) {
      lower = undefined;
    } else if (lower !== undefined && areAdjacentHashRanges(hashRangeOf(lower), hashRangeOf(shard))) {
      steps.push({ parents: [lower, shard], children: [mergeHashRanges(hashRangeOf(lower), hashRangeOf(shard))] });
      lower = undefined;
    } else {
      lower = shard;
    }
  }
  return steps;
}
