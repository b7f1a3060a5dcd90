/** Makes heartbeat reports: shards led here that changed since the last one, and all of them every five seconds. */
import type { Clock } from "@millrace/base";
import type { LogStore } from "@millrace/log-store";
import type { NodeReport, ShardReport } from "@millrace/rpc";
import type { HeldReplica } from "../replica/held-replica.ts";
import type { ReplicaHost } from "../replica/replica-host.ts";
import type { ShardEvents } from "./shard-events.ts";
import type { ShardRates } from "./shard-rates.ts";

const ALL_SHARDS_EVERY = 20;
/** Keeps one report far below the message limit; what does not fit goes with the next. */
const EVENTS_PER_REPORT_MAX = 5000;

/** What reports are made of. */
export interface NodeReportParts {
  readonly clock: Clock;
  readonly logStore: LogStore;
  readonly host: ReplicaHost;
  readonly events: ShardEvents;
  readonly rates: ShardRates;
  readonly unreachable: () => string[];
}

/** One per heartbeat stream. */
export class NodeReporter {
  readonly #parts: NodeReportParts;
  readonly #reported = new Map<number, string>();
  #number = 0;
  #lastMs = -Infinity;

  constructor(parts: NodeReportParts) {
    this.#parts = parts;
  }

  /** From now on reports ask that what is led here be moved. */
  stopping = false;

  /** Reports made so far. */
  get count(): number {
    return this.#number;
  }

  next(): NodeReport {
    this.#number += 1;
    const { logStore, clock, events, unreachable } = this.#parts;
    const { storeBytes, diskFreeBytes } = logStore.stats();
    return {
      nodeId: logStore.nodeId,
      boot: logStore.boot,
      nowMs: clock.nowMs(),
      belowDiskFloor: logStore.belowDiskFloor,
      storeBytes,
      diskFreeBytes,
      shards: this.#shards(this.#number % ALL_SHARDS_EVERY === 1),
      events: events.take(this.#number, EVENTS_PER_REPORT_MAX),
      unreachableNodeIds: unreachable(),
      stopping: this.stopping,
    };
  }

  #shards(all: boolean): ShardReport[] {
    const reports: ShardReport[] = [];
    const lastMs = this.#lastMs;
    this.#lastMs = this.#parts.clock.monotonicMs();
    for (const held of this.#parts.host.all()) {
      if (!held.serving) continue;
      // Only what happens to a replica changes what is reported of it, and to most of ten thousand nothing does.
      if (!all && held.activeMs < lastMs && this.#reported.has(held.shardUid)) continue;
      const { commitOffset, logStart, promisedEpoch } = held.replica;
      const lags = held.replica
        .peerStates()
        .map(({ adopted, recordsBehind }) => (adopted ? recordsBehind : -recordsBehind - 1))
        .join("/");
      const digest = `${promisedEpoch}/${logStart}/${commitOffset}/${lags}`;
      if (!all && this.#reported.get(held.shardUid) === digest) continue;
      this.#reported.set(held.shardUid, digest);
      reports.push(this.#report(held));
    }
    return reports;
  }

  #report(held: HeldReplica): ShardReport {
    const { promisedEpoch, logStart, commitOffset } = held.replica;
    return {
      shardUid: held.shardUid,
      epoch: promisedEpoch,
      logStart,
      commitOffset,
      ...this.#parts.rates.of(held.shardUid, this.#parts.clock.monotonicMs()),
      lags: held.replica.peerStates().map(({ nodeId, replicaUuid, adopted, recordsBehind }) => ({
        nodeId,
        replicaUuid,
        adopted,
        recordsBehind,
      })),
    };
  }
}
