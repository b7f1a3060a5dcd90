/**
 * The beginning of every reshard: children are recorded in `creating`, the stream goes to UPDATING with the steps to
 * take. From there the life cycle carries it, one round at a time.
 */
import { nextScalingRound } from "@millrace/model";
import type { ClusterRecord, ShardRecord, StateChange, StreamRecord } from "../state/cluster-state.ts";
import { hashRangeOf, makeShards, type NewShard } from "./new-shard.ts";
import { openShards } from "./shard-view.ts";

/** Open shards a stream may have (AWS: the default quota of UpdateShardCount). */
export const SHARDS_PER_STREAM_MAX = 10_000;

/** One step by record: parents, lower range first, and the children's ranges. */
export interface PlannedStep {
  readonly parents: readonly ShardRecord[];
  readonly children: readonly NewShard["range"][];
}

/**
 * Starts the round of `steps` on `stream`. `targetShardCount` is kept for later rounds, 0 for none. Steps may not share
 * shards. `stream` may carry other changes of the same operation.
 */
export function startReshardRound(
  cluster: ClusterRecord,
  stream: StreamRecord,
  steps: readonly PlannedStep[],
  targetShardCount: number,
): readonly StateChange[] {
  const wanted = steps.flatMap((step) => step.children.map((range) => ({ range, parents: step.parents })));
  const made = makeShards(cluster, stream, wanted);
  let firstChild = 0;
  const planned = steps.map((step) => {
    const children = made.shards.slice(firstChild, firstChild + step.children.length);
    firstChild += step.children.length;
    return {
      parentShardUids: step.parents.map((parent) => parent.shardUid),
      childShardUids: children.map((child) => child.shardUid),
    };
  });
  const updating: StreamRecord = {
    ...made.stream,
    status: "UPDATING",
    activeAtMs: 0,
    reshard: { steps: planned, targetShardCount },
  };
  return [
    { table: "cluster", key: "cluster", value: made.cluster },
    { table: "stream", key: updating.streamUid, value: updating },
    ...made.shards.map((shard) => ({ table: "shard", key: shard.shardUid, value: shard }) as const),
  ];
}

/** The steps of the next round from a stream's shards to `target` near-equal ones; empty when it is there. */
export function planScalingRound(shards: readonly ShardRecord[], target: number): readonly PlannedStep[] {
  const open = openShards(shards).map((shard) => ({ shard, range: hashRangeOf(shard) }));
  const shardByStart = new Map(open.map(({ shard, range }) => [range.start, shard]));
  const round = nextScalingRound(
    open.map(({ range }) => range),
    target,
  );
  return round.map((step) => ({
    parents: step.parents.flatMap((range) => shardByStart.get(range.start) ?? []),
    children: step.children,
  }));
}
