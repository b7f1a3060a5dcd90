/**
 * The metrics of a storage node. Bytes and records by stream are counted by the gateways, once per request; here they are
 * counted by shard, and only for streams whose enhanced monitoring is on.
 */
import type { MetricsRegistry } from "@millrace/runtime";
import type { LogStore, SyncReport } from "@millrace/log-store";
import type { AppendService } from "./append/append-service.ts";
import type { MapHolder } from "./coordinator/map-holder.ts";
import type { PeerLinks } from "./peer/peer-links.ts";
import type { HeldReplica } from "./replica/held-replica.ts";
import type { ReplicaHost } from "./replica/replica-host.ts";

/** What the collected gauges look at. */
export interface StorageMetricsSources {
  readonly host: ReplicaHost;
  readonly appends: AppendService;
  readonly links: PeerLinks;
  readonly logStore: LogStore;
}

type Counter = ReturnType<MetricsRegistry["counter"]>;
type Histogram = ReturnType<MetricsRegistry["histogram"]>;

/** Batches hold from one record to a few thousand. */
const batchBuckets: readonly number[] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];
const byStream = ["stream"] as const;

/** See the file comment. */
export class StorageMetrics {
  readonly #map: MapHolder;
  /** Labels of the shards that have series here, by shard uid. */
  readonly #exported = new Map<number, ShardLabels>();
  readonly #incoming: Flow;
  readonly #outgoing: Flow;
  readonly #throttles: ShardThrottles;
  readonly #ackSeconds: Histogram;
  readonly #syncSeconds: Histogram;
  readonly #batchRecords: Histogram;
  readonly #leaderChanges: Counter;
  readonly #trimmed: Counter;
  readonly #rejected: Counter;
  readonly #repaired: Counter;

  constructor(registry: MetricsRegistry, map: MapHolder) {
    this.#map = map;
    map.onApplied = () => this.#forgetUnmonitored();
    this.#incoming = flow(registry, "incoming", "committed");
    this.#outgoing = flow(registry, "outgoing", "read");
    this.#throttles = new ShardThrottles(registry);
    this.#ackSeconds = registry.histogram({
      name: "replication_ack_duration_seconds",
      help: "From making a frame to its commit on a majority.",
    });
    this.#syncSeconds = registry.histogram({ name: "log_sync_duration_seconds", help: "Duration of journal syncs." });
    this.#batchRecords = registry.histogram({
      name: "log_batch_records",
      help: "Entries made durable by one sync.",
      buckets: batchBuckets,
    });
    this.#leaderChanges = registry.counter({ name: "leader_changes_total", help: "Shards this node began to lead." });
    this.#rejected = registry.counter({
      name: "queue_rejected_total",
      help: "Requests refused because their queue was full.",
      labelNames: ["queue"],
    });
    this.#repaired = registry.counter({
      name: "frames_repaired_total",
      help: "Damaged frames replaced by another member's copy.",
    });
    this.#trimmed = registry.counter({
      name: "retention_trimmed_records_total",
      help: "Records removed by retention.",
      labelNames: byStream,
    });
  }

  frameRepaired(): void {
    this.#repaired.inc();
  }

  committed(held: HeldReplica, records: number, userBytes: number, ackMs: number): void {
    this.#ackSeconds.observe(ackMs / 1000);
    this.#count(this.#incoming, held, records, userBytes, "Incoming");
  }

  read(held: HeldReplica, records: number, userBytes: number): void {
    if (records > 0) this.#count(this.#outgoing, held, records, userBytes, "Outgoing");
  }

  /** Records refused by the shard's write limit. */
  writeThrottled(held: HeldReplica, records: number): void {
    const labels = this.#shardLabels(held, "WriteProvisionedThroughputExceeded");
    if (labels) this.#throttles.writes.inc(labels, records);
  }

  /** One GetRecords call refused by the shard's read limit. */
  readThrottled(held: HeldReplica): void {
    const labels = this.#shardLabels(held, "ReadProvisionedThroughputExceeded");
    if (labels) this.#throttles.reads.inc(labels);
  }

  /** How far behind the tip the last GetRecords call was. */
  iteratorAge(held: HeldReplica, behindMs: number): void {
    const labels = this.#shardLabels(held, "IteratorAgeMilliseconds");
    if (labels) this.#throttles.age.set(labels, behindMs / 1000);
  }

  /** Another node measures the shard's readers now. */
  leadershipOver(held: HeldReplica): void {
    const labels = this.#labels(held);
    if (labels) this.#throttles.age.remove(labels);
  }

  synced(report: SyncReport): void {
    this.#syncSeconds.observe(report.syncMs / 1000);
    this.#batchRecords.observe(report.entryCount);
  }

  opened(): void {
    this.#leaderChanges.inc();
  }

  rejected(): void {
    this.#rejected.inc({ queue: "appends" });
  }

  trimmed(held: HeldReplica, records: number): void {
    this.#trimmed.inc({ stream: this.#streamName(held) }, records);
  }

  #count(
    flowOf: Flow,
    held: HeldReplica,
    records: number,
    userBytes: number,
    direction: "Incoming" | "Outgoing",
  ): void {
    const byteLabels = this.#shardLabels(held, `${direction}Bytes`);
    if (byteLabels) flowOf.bytes.inc(byteLabels, userBytes);
    const recordLabels = this.#shardLabels(held, `${direction}Records`);
    if (recordLabels) flowOf.records.inc(recordLabels, records);
  }

  /** Undefined when the stream's enhanced monitoring does not include `metric`. */
  #shardLabels(held: HeldReplica, metric: string): ShardLabels | undefined {
    const wanted = this.#map.streamOf(held.shardUid)?.shardMetrics.includes(metric) === true;
    if (!wanted) return undefined;
    const known = this.#exported.get(held.shardUid);
    if (known !== undefined) return known;
    const labels = this.#labels(held);
    if (labels !== undefined) this.#exported.set(held.shardUid, labels);
    return labels;
  }

  /** Series by shard go when monitoring ends, or the shard does: shards are unbounded. */
  #forgetUnmonitored(): void {
    for (const [shardUid, labels] of this.#exported) {
      const wanted = this.#map.streamOf(shardUid)?.shardMetrics ?? [];
      if (!wanted.includes("IncomingBytes")) this.#incoming.bytes.remove(labels);
      if (!wanted.includes("IncomingRecords")) this.#incoming.records.remove(labels);
      if (!wanted.includes("OutgoingBytes")) this.#outgoing.bytes.remove(labels);
      if (!wanted.includes("OutgoingRecords")) this.#outgoing.records.remove(labels);
      if (!wanted.includes("WriteProvisionedThroughputExceeded")) this.#throttles.writes.remove(labels);
      if (!wanted.includes("ReadProvisionedThroughputExceeded")) this.#throttles.reads.remove(labels);
      if (!wanted.includes("IteratorAgeMilliseconds")) this.#throttles.age.remove(labels);
      if (wanted.length === 0) this.#exported.delete(shardUid);
    }
  }

  #labels(held: HeldReplica): ShardLabels | undefined {
    const stream = this.#map.streamOf(held.shardUid);
    if (stream === undefined) return undefined;
    const shard = this.#map.shard(held.shardUid)?.shardIndex ?? 0;
    return { stream: stream.name, shard: `shardId-${String(shard).padStart(12, "0")}` };
  }

  #streamName(held: HeldReplica): string {
    return this.#map.streamOf(held.shardUid)?.name ?? "";
  }
}

interface Flow {
  readonly bytes: Counter;
  readonly records: Counter;
}

function flow(registry: MetricsRegistry, direction: "incoming" | "outgoing", verb: string): Flow {
  const labelNames = ["stream", "shard"];
  const help = (what: string): string => monitored(`${what} ${verb}`);
  return {
    bytes: registry.counter({
      name: `shard_${direction}_bytes_total`,
      help: help("Partition key and data bytes"),
      labelNames,
    }),
    records: registry.counter({ name: `shard_${direction}_records_total`, help: help("Records"), labelNames }),
  };
}

interface ShardLabels {
  readonly [name: string]: string;
  readonly stream: string;
  readonly shard: string;
}

function monitored(what: string): string {
  return `${what}, of streams with enhanced monitoring.`;
}

/** What enhanced monitoring tells beside the flows. */
class ShardThrottles {
  readonly writes: Counter;
  readonly reads: Counter;
  readonly age: ReturnType<MetricsRegistry["gauge"]>;

  constructor(registry: MetricsRegistry) {
    const labelNames = ["stream", "shard"];
    this.writes = registry.counter({
      name: "shard_write_throttled_records_total",
      help: monitored("Records refused by the write limit of their shard"),
      labelNames,
    });
    this.reads = registry.counter({
      name: "shard_read_throttled_total",
      help: monitored("GetRecords calls refused by the read limit of their shard"),
      labelNames,
    });
    this.age = registry.gauge({
      name: "shard_iterator_age_seconds",
      help: monitored("How far behind the tip the last GetRecords call was"),
      labelNames,
    });
  }
}

/** Gauges that are looked up when somebody asks for the metrics. */
export function exportGauges(registry: MetricsRegistry, sources: StorageMetricsSources): void {
  const { host, appends, links, logStore } = sources;
  registry.gauge({
    name: "replication_lag_records",
    help: "Records the slowest peer of any shard led here is behind.",
    collect: (gauge) => gauge.set(worstLags(host).lag),
  });
  registry.gauge({
    name: "under_replicated_shards",
    help: "Shards led here with a peer that is behind or away.",
    collect: (gauge) => gauge.set(worstLags(host).underReplicated),
  });
  registry.gauge({
    name: "store_bytes",
    help: "Bytes of journal files.",
    collect: (gauge) => gauge.set(logStore.stats().storeBytes),
  });
  registry.gauge({
    name: "disk_below_floor",
    help: "1 while free disk space is below the floor and appends are refused, 2 when copies are refused too.",
    collect: (gauge) => gauge.set(logStore.diskExhausted ? 2 : Number(logStore.belowDiskFloor)),
  });
  registry.gauge({
    name: "queue_depth",
    help: "Bytes waiting, by queue.",
    labelNames: ["queue"],
    collect: (gauge) => {
      gauge.set({ queue: "append_bytes" }, appends.budget.bytes);
      gauge.set({ queue: "appends" }, appends.budget.count);
      gauge.set({ queue: "peer_bytes" }, links.queuedBytes());
      gauge.set({ queue: "undurable_bytes" }, host.undurableBytes);
    },
  });
}

/** Lags of a healthy shard are what flies: a peer counts as behind from here on. */
const BEHIND_RECORDS = 1000;

function worstLags(host: ReplicaHost): { lag: number; underReplicated: number } {
  let lag = 0;
  let underReplicated = 0;
  for (const held of host.all()) {
    if (!held.serving) continue;
    const behind = Math.max(0, ...held.replica.peerLag().values());
    lag = Math.max(lag, behind);
    if (behind > BEHIND_RECORDS) underReplicated += 1;
  }
  return { lag, underReplicated };
}
