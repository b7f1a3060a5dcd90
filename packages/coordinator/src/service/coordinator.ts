/** The coordinator's parts wired together: who tells whom what. No rule lives here. */
import { ClockAgreement, type Clock, type Random, type ServiceError } from "@millrace/base";
import type { CoordinatorHandlers, NodeReport__Output } from "@millrace/rpc";
import type { CoordinatorConfig, Logger, MetricsRegistry } from "@millrace/runtime";
import type { LifecycleFacts } from "../lifecycle/lifecycle-facts.ts";
import { FailureDetector } from "../epoch/failure-detector.ts";
import type { ClusterTables } from "../state/cluster-tables.ts";
import type { MetadataStore } from "../store/metadata-store.ts";
import { openClusterTables } from "../store/open-cluster-tables.ts";
import { configuredLimits } from "./configured-limits.ts";
import { ControlRate } from "./control-rate.ts";
import { exportMetrics, silenceMetrics } from "./coordinator-metrics.ts";
import { coordinatorHandlers } from "./coordinator-service.ts";
import { LeaderPlacement } from "./leader-placement.ts";
import { LeaderSweep } from "./leader-sweep.ts";
import { LifeCycleLoop } from "./life-cycle-loop.ts";
import { MapLog } from "./map-log.ts";
import { MapWatchers } from "./map-watchers.ts";
import { NodeRegistry } from "./node-registry.ts";
import { GrpcReplicaCalls, type AddressOf, type ReplicaCalls } from "./replica-calls.ts";
import { ReplicaMover } from "./replica-mover.ts";
import { ScalingLoop } from "./scaling-loop.ts";
import { ShardDriver } from "./shard-driver.ts";
import { ShardReports } from "./shard-reports.ts";
import { ShardUpkeep } from "./shard-upkeep.ts";
import { StateWriter } from "./state-writer.ts";

/** How long nodes have to find a coordinator that has just started before any of them is judged. */
const SETTLE_MS = 2_000;

/** What a coordinator works with. */
export interface CoordinatorParts {
  readonly config: CoordinatorConfig;
  readonly logger: Logger;
  readonly registry: MetricsRegistry;
  readonly clock: Clock;
  readonly random: Random;
  readonly store: MetadataStore;
  readonly onFatal: (error: ServiceError) => void;
  /** How storage nodes are called; absent: over gRPC. */
  readonly makeCalls?: (coordinatorTerm: number, addressOf: AddressOf) => ReplicaCalls;
}

/** See the file comment. */
export class Coordinator {
  readonly handlers: CoordinatorHandlers;
  readonly #parts: CoordinatorParts;
  readonly #writer: StateWriter;
  readonly #calls: ReplicaCalls;
  readonly #registry: NodeRegistry;
  readonly #driver: ShardDriver;
  readonly #upkeep: ShardUpkeep;
  readonly #sweep: LeaderSweep;
  readonly #reports: ShardReports;
  readonly #agreement: ClockAgreement;
  readonly #mover: ReplicaMover;
  readonly #leaders: LeaderPlacement;
  readonly #lifeCycle: LifeCycleLoop;
  readonly #scaling: ScalingLoop;
  readonly #map: MapLog;
  readonly #watchers: MapWatchers;
  #workQueued = false;
  #plans = true;
  #closed = false;

  private constructor(parts: CoordinatorParts, tables: ClusterTables) {
    const { clock, logger, random, config } = parts;
    const monotonicMs = (): number => clock.monotonicMs();
    const nowMs = (): number => clock.nowMs();
    this.#parts = parts;
    this.#writer = new StateWriter(tables, parts.store, parts.onFatal);
    const makeCalls = parts.makeCalls ?? ((term, addressOf) => new GrpcReplicaCalls(term, addressOf));
    this.#calls = makeCalls(tables.cluster.coordinatorTerm, (id) => tables.nodes.get(id)?.address);
    const detector = new FailureDetector(monotonicMs());
    for (const nodeId of tables.nodes.keys()) detector.expect(nodeId, monotonicMs(), SETTLE_MS);
    const isUp = (nodeId: string): boolean => detector.isUp(nodeId);
    const settledAtMs = monotonicMs() + SETTLE_MS;
    this.#reports = new ShardReports(tables, monotonicMs);
    this.#registry = new NodeRegistry({
      writer: this.#writer,
      detector,
      calls: this.#calls,
      logger,
      monotonicMs,
      events: {
        onUp: (nodeId) => this.#nodeUp(nodeId),
        onDown: (nodeId) => this.#nodeDown(nodeId),
        onRestarted: (nodeId) => this.#driver.feedNode(nodeId, { type: "nodeDown", nodeId }),
        onHeld: (nodeId, uuids) => this.#upkeep.noteHeld(nodeId, uuids),
        onReport: (report) => this.#report(report),
      },
    });
    this.#driver = new ShardDriver({
      writer: this.#writer,
      calls: this.#calls,
      logger,
      isUp,
      mayLead: (nodeId) => this.#registry.mayLead(nodeId),
      monotonicMs,
      jitter: () => random.float(),
      onReplica: (nodeId, shardUid, confirmed) => this.#upkeep.noteReplica(nodeId, shardUid, confirmed),
    });
    this.#upkeep = new ShardUpkeep({
      writer: this.#writer,
      driver: this.#driver,
      registry: this.#registry,
      calls: this.#calls,
      random,
      logger,
      replicationFactor: Math.min(3, config.replicationFactor),
      isWhole: (record) => this.#reports.isWhole(record),
      monotonicMs,
    });
    this.#sweep = new LeaderSweep(tables, this.#driver, this.#registry, settledAtMs);
    const moving = { driver: this.#driver, registry: this.#registry, reports: this.#reports, settledAtMs };
    const balance = config.rebalance === "on";
    this.#mover = new ReplicaMover({
      ...moving,
      writer: this.#writer,
      calls: this.#calls,
      random,
      logger,
      monotonicMs,
      replaceAfterMs: config.replaceAfterMs,
      balance,
    });
    this.#leaders = new LeaderPlacement({ ...moving, tables, balance });
    const limits = configuredLimits(config);
    this.#agreement = new ClockAgreement(clock);
    const facts = (): LifecycleFacts => ({
      closedReports: this.#upkeep.closedReports,
      clockAgrees: this.#agreement.agreed,
    });
    this.#lifeCycle = new LifeCycleLoop({ writer: this.#writer, logger, limits, facts, nowMs });
    this.#scaling = new ScalingLoop({ writer: this.#writer, logger, nowMs, monotonicMs });
    this.#map = new MapLog({ tables, isUp, nowMs });
    this.#watchers = new MapWatchers(this.#map);
    this.#writer.observe((changes) => {
      this.#map.note(changes);
      this.#watchers.changed();
      this.#queueWork();
    });
    const rate = config.limits === "off" ? undefined : new ControlRate(clock);
    this.handlers = coordinatorHandlers({
      control: { writer: this.#writer, clock, random, limits, rate },
      operate: {
        writer: this.#writer,
        mover: this.#mover,
        calls: this.#calls,
        nowMs,
        views: {
          tables,
          registry: this.#registry,
          reports: this.#reports,
          replicationFactor: Math.min(3, config.replicationFactor),
          stuck: () => this.#mover.stuck,
          followers: () => this.#watchers.followers(),
        },
      },
      registry: this.#registry,
      watchers: this.#watchers,
      metrics: parts.registry,
      logger,
      nowMs,
      mustStay: (nodeId) => this.#leaders.mustStay(nodeId),
    });
    exportMetrics(parts.registry, { tables, isUp, map: this.#map, watchers: this.#watchers, driver: this.#driver });
  }

  /** Loads the metadata and begins a term. */
  static async open(parts: CoordinatorParts): Promise<Coordinator> {
    const tables = await openClusterTables(parts.store, parts.random);
    const { clusterId, coordinatorTerm } = tables.cluster;
    const counts = { nodes: tables.nodes.size, streams: tables.streams.size, shards: tables.shards.size };
    parts.logger.info({ clusterId, coordinatorTerm, ...counts }, "metadata loaded");
    return new Coordinator(parts, tables);
  }

  /** To be called every 100 ms. */
  tick(): void {
    if (this.#closed) return;
    this.#registry.tick();
    this.#driver.tick();
    this.#sweep.tick(this.#parts.clock.monotonicMs());
    if (this.#plans) {
      this.#mover.tick();
      this.#leaders.tick(this.#parts.clock.monotonicMs());
      this.#scaling.tick();
    }
    this.#work();
  }

  /** Plans no more moves. Answers whether those under way are over, and every shard that lost its leader has one. */
  conclude(): boolean {
    this.#plans = false;
    return this.#driver.busyCount === 0;
  }

  /** Judges nobody and starts nothing more; calls are still answered. */
  stop(): void {
    this.#closed = true;
    this.#registry.close();
  }

  /** Finishes what is being written and closes the store. */
  async close(): Promise<void> {
    this.stop();
    this.#driver.close();
    silenceMetrics(this.#parts.registry);
    await this.#writer.close();
    this.#calls.close();
    await this.#parts.store.close();
  }

  #work(): void {
    if (this.#closed) return;
    this.#upkeep.tick();
    this.#lifeCycle.tick();
  }

  /** After a change something may have become due; once per turn is enough. */
  #queueWork(): void {
    if (this.#workQueued) return;
    this.#workQueued = true;
    this.#parts.clock.schedule(0, () => {
      this.#workQueued = false;
      this.#work();
    });
  }

  #nodeUp(nodeId: string): void {
    this.#map.noteLiveness(nodeId);
    this.#watchers.changed();
    this.#driver.feedNode(nodeId, { type: "nodeUp", nodeId });
    this.#queueWork();
  }

  #nodeDown(nodeId: string): void {
    this.#map.noteLiveness(nodeId);
    this.#watchers.changed();
    this.#driver.feedNode(nodeId, { type: "nodeDown", nodeId });
  }

  #report(report: NodeReport__Output): void {
    const { nodeId } = report;
    this.#agreement.heard(nodeId, report.nowMs);
    this.#reports.note(report);
    this.#sweep.noteReport(report, this.#parts.clock.monotonicMs());
    this.#scaling.noteReport(report);
    for (const { kind, shardUid, epoch, endOffset, timeMs, why, setChanges } of report.events) {
      switch (kind) {
        case "OPENED":
          this.#driver.feed(shardUid, { type: "leading", nodeId, epoch });
          break;
        case "RESIGNED":
        case "HALTED":
        case "SUSPECT":
          // Every planned change of a leader ends with a resignation.
          this.#parts.logger[kind === "RESIGNED" ? "info" : "warn"](
            { nodeId, shardUid, epoch, kind, why },
            kind === "RESIGNED" ? "a leader resigned" : "a replica reports trouble",
          );
          if (kind === "HALTED") this.#reports.noteStopped(nodeId, shardUid);
          if (kind === "SUSPECT") this.#driver.feed(shardUid, { type: "suspect", epoch, nodeId });
          else this.#driver.feed(shardUid, { type: "leaderLost", epoch, nodeId, why });
          break;
        case "CLOSED":
          this.#upkeep.noteClosed({ shardUid, endOffset, closedMs: timeMs });
          this.#queueWork();
          break;
        case "ADOPTED":
          if (setChanges) this.#driver.feed(shardUid, { type: "adopted", nodeId, epoch });
          break;
        case "UNKNOWN":
      }
    }
  }
}
