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

const FIRST_TRY = /^attempt=1(;|$)/;

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

/** One call as its sender names it. */
export interface Invocation {
  /** What SDKs keep over retries of one call, when they send it. */
  readonly invocationId: string | undefined;
  /** False when the sender says that this is its first try, or names no call. */
  readonly mayRepeat: boolean;
}

/** One call. */
export interface Call extends Caller, Invocation {
  readonly requestId: string;
}

/**
 * Reads the headers in which SDKs number the tries of a call: `amz-sdk-invocation-id`, and `amz-sdk-request` such as
 * `attempt=2; max=3`. An empty id names no call, or all calls of its sender would be repeats of one.
 */
export function readInvocation(id: string | undefined, tries: string | undefined): Invocation {
  const invocationId = id === "" ? undefined : id;
  return { invocationId, mayRepeat: invocationId !== undefined && !FIRST_TRY.test(tries ?? "") };
}

/** A value or the error to answer. */
export type Outcome<T> = { readonly ok: T } | { readonly error: KinesisError };
