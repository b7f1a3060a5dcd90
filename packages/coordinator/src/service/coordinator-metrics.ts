/** What the coordinator shows of itself, read at each scrape. */
import type { MetricsRegistry } from "@millrace/runtime";
import type { ClusterTables } from "../state/cluster-tables.ts";
import type { MapLog } from "./map-log.ts";
import type { MapWatchers } from "./map-watchers.ts";
import type { ShardDriver } from "./shard-driver.ts";

/** Where the numbers come from. */
export interface MetricSources {
  readonly tables: ClusterTables;
  readonly isUp: (nodeId: string) => boolean;
  readonly map: MapLog;
  readonly watchers: MapWatchers;
  readonly driver: ShardDriver;
}

/** How each gauge is read. A process that is deposed and elected again reads another coordinator's parts. */
const readers = new WeakMap<MetricsRegistry, Map<string, () => number>>();

/** Registers the gauges, or makes those registered before show `sources`. */
export function exportMetrics(registry: MetricsRegistry, sources: MetricSources): void {
  const { tables, isUp, map, watchers, driver } = sources;
  const readerOf = readers.get(registry) ?? new Map<string, () => number>();
  readers.set(registry, readerOf);
  const gauge = (name: string, help: string, read: () => number): void => {
    readerOf.set(name, read);
    registry.gauge({ name, help, collect: (metric) => metric.set(readerOf.get(name)?.() ?? 0) });
  };
  gauge("coordinator_nodes", "Storage nodes that have registered.", () => tables.nodes.size);
  gauge("coordinator_nodes_alive", "Storage nodes that are alive.", () => [...tables.nodes.keys()].filter(isUp).length);
  gauge("coordinator_streams", "Streams.", () => tables.streams.size);
  gauge("coordinator_shards", "Shards in every state.", () => tables.shards.size);
  gauge("coordinator_epoch_changes_running", "Shards that are being given a leader.", () => driver.busyCount);
  gauge("coordinator_tombstones", "Deleted replicas whose nodes have not confirmed.", () => tables.tombstones.size);
  gauge("coordinator_map_version", "Version of the cluster map.", () => map.version);
  gauge("coordinator_map_watchers", "Open watches of the cluster map.", () => watchers.count);
  gauge("coordinator_term", "Term of this coordinator.", () => tables.cluster.coordinatorTerm);
}

/** The gauges show 0 until {@link exportMetrics} is called again: a standby knows nothing. */
export function silenceMetrics(registry: MetricsRegistry): void {
  readers.get(registry)?.clear();
}
