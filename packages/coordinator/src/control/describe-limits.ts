/** DescribeLimits: quotas of the account in this region and what it uses of them. */
import { onDemandStreamCount, provisionedShardCount } from "./account-usage.ts";
import type { ControlOperation } from "./control-operation.ts";
import { changeNothing } from "./stream-change.ts";

/** OpenShardCount counts what the shard limit limits: shards of provisioned streams. */
export const describeLimits: ControlOperation<object> = (state, _input, context) =>
  changeNothing({
    ShardLimit: context.limits.shardsPerAccountMax,
    OpenShardCount: provisionedShardCount(state, context),
    OnDemandStreamCount: onDemandStreamCount(state, context),
    OnDemandStreamCountLimit: context.limits.onDemandStreamsMax,
  });
