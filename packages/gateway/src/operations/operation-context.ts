/** What every operation works with, and what one call of one brings. */
import type { Clock, Random } from "@millrace/base";
import type { KinesisError } from "@millrace/kinesis";
import type { ActiveCoordinator } from "@millrace/rpc";
import type { Logger } from "@millrace/runtime";
import type { Caller } from "../auth/authenticate.ts";
import type { ClusterMap } from "../cluster/cluster-map.ts";
import type { StorageNodes } from "../cluster/storage-nodes.ts";
import type { ByteBudget } from "../http/byte-budget.ts";
import type { GatewayMetrics } from "../gateway-metrics.ts";
import type { AppendIds } from "../put/append-ids.ts";

/** Lives as long as the gateway. */
export interface OperationContext {
  readonly map: ClusterMap;
  readonly nodes: StorageNodes;
  readonly appendIds: AppendIds;
  readonly coordinator: ActiveCoordinator;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: GatewayMetrics;
  /** Bytes of records on their way to readers. */
  readonly readBudget: ByteBudget;
  /** Whether per-shard rates apply; nodes enforce them. */
  readonly limitsOn: boolean;
}

/** One call. `invocationId` is what SDKs keep over retries of one call, when they send it. */
export interface Call extends Caller {
  readonly requestId: string;
  readonly invocationId: string | undefined;
}

/** The id in a header of SDKs; an empty one names no call, or all calls of its sender would be repeats of one. */
export function invocationIdOf(header: string | undefined): string | undefined {
  return header === "" ? undefined : header;
}

/** A value or the error to answer. */
export type Outcome<T> = { readonly ok: T } | { readonly error: KinesisError };
