/**
 * One storage node put together: replicas over a log store, reached by peers, gateways and the coordinator. Everything
 * here is wiring; what a part does is in its own file.
 */
import { ClockAgreement, sleep, type Clock, type Random } from "@millrace/base";
import type { LogStore } from "@millrace/log-store";
import { createReplica } from "@millrace/replication";
import type { NodeEntry } from "@millrace/model";
import type { PeerHandlers, ReplicaControlHandlers, ShardEvent, StorageHandlers } from "@millrace/rpc";
import type { Logger, MetricsRegistry } from "@millrace/runtime";
import { AppendService } from "./append/append-service.ts";
import { serveAppendStream } from "./append/append-stream.ts";
import { CoordinatorTerm } from "./control/coordinator-term.ts";
import { JournalHealth } from "./control/journal-health.ts";
import { replicaControlHandlers, unary } from "./control/replica-control-handlers.ts";
import { ReplicaControl } from "./control/replica-control.ts";
import { MapHolder } from "./coordinator/map-holder.ts";
import { ShardEvents } from "./coordinator/shard-events.ts";
import { ShardRates } from "./coordinator/shard-rates.ts";
import { remindOfTrouble } from "./coordinator/trouble-reminders.ts";
import { deliverPeerBatch } from "./peer/peer-inbox.ts";
import { PeerLinks } from "./peer/peer-links.ts";
import { servePeerStream } from "./peer/peer-service.ts";
import { CommitSignal } from "./read/commit-signal.ts";
import { FreshnessRounds } from "./read/freshness-rounds.ts";
import { ReadService } from "./read/read-service.ts";
import { Subscriptions } from "./read/subscription.ts";
import { writeChunks } from "./read/write-chunks.ts";
import { FrameRepair, frameForMember } from "./repair/frame-repair.ts";
import { runScrub } from "./repair/scrub.ts";
import type { HeldReplica } from "./replica/held-replica.ts";
import { recoverReplicas } from "./replica/recover-replicas.ts";
import type { ReplicaEvents } from "./replica/replica-events.ts";
import { ReplicaHost } from "./replica/replica-host.ts";
import { startTicker } from "./replica/replica-ticker.ts";
import { runRetention } from "./retention/retention.ts";
import { exportGauges, StorageMetrics } from "./storage-metrics.ts";

/** What a node is made from. */
export interface StorageNodeParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly registry: MetricsRegistry;
  readonly logStore: LogStore;
  readonly clusterId: () => string;
  readonly limitsOn: boolean;
  readonly appendQueueBytes: number;
  readonly catchUpBytesPerSecond: number;
  readonly retentionEveryMs: number;
  readonly scrubEveryMs: number;
  readonly scrubBytesPerSecond: number;
}

/** Appends waiting or in flight on a node; each costs a few hundred bytes beside its records. */
const APPENDS_MAX = 100_000;
/** How long a close waits for what is in flight. */
const FINISH_DEADLINE_MS = 3000;

/** See the file comment. */
export class StorageNode {
  readonly map: MapHolder = new MapHolder();
  readonly events: ShardEvents = new ShardEvents();
  readonly rates: ShardRates = new ShardRates();
  readonly term: CoordinatorTerm = new CoordinatorTerm();
  readonly agreement: ClockAgreement;
  readonly host: ReplicaHost;
  readonly links: PeerLinks;
  readonly health: JournalHealth;
  readonly #parts: StorageNodeParts;
  readonly #appends: AppendService;
  readonly #reads: ReadService;
  readonly #subscriptions: Subscriptions;
  readonly #freshness: FreshnessRounds;
  readonly #signal: CommitSignal;
  readonly #control: ReplicaControl;
  readonly #metrics: StorageMetrics;
  readonly #repairs: FrameRepair;
  readonly #stop = new AbortController();

  constructor(parts: StorageNodeParts) {
    this.#parts = parts;
    const { clock, random, logger, registry, logStore, limitsOn } = parts;
    const { map, term } = this;
    const leaderHint = (shardUid: number): string => {
      const leader = this.map.leaderOf(shardUid);
      // The map may not know yet that it is not us.
      return leader === logStore.nodeId ? "" : leader;
    };
    this.#metrics = new StorageMetrics(registry, map);
    this.agreement = new ClockAgreement(clock);
    this.health = new JournalHealth(logStore, clock);
    this.links = new PeerLinks({
      clock,
      random,
      identity: this.#identity(),
      addressOf: (nodeId) => map.addressOf(nodeId),
      onOpen: (nodeId) => this.#peerConnected(nodeId),
      onBatch: (from, batch) => void deliverPeerBatch(this.#inbox(), from, batch),
    });
    const { catchUpBytesPerSecond } = parts;
    const events = this.#replicaEvents();
    this.#repairs = new FrameRepair({
      logStore,
      logger,
      addressOf: (nodeId) => map.addressOf(nodeId),
      onRepaired: () => this.#metrics.frameRepaired(),
    });
    const repair = (held: HeldReplica, offset: number): Promise<boolean> => this.#repairs.repair(held, offset);
    this.host = new ReplicaHost({ clock, logStore, peers: this.links, events, repair, catchUpBytesPerSecond });
    const { host, links } = this;
    this.#freshness = new FreshnessRounds({
      nodeId: logStore.nodeId,
      clock,
      random,
      host,
      links,
      agreement: this.agreement,
    });
    const freshness = this.#freshness;
    this.#signal = new CommitSignal(clock);
    this.#appends = new AppendService({
      host,
      logStore,
      clock,
      limitsOn,
      leaderHint,
      budget: { countMax: APPENDS_MAX, bytesMax: parts.appendQueueBytes },
      onRejected: () => this.#metrics.rejected(),
      onThrottled: (held, records) => this.#metrics.writeThrottled(held, records),
      onFrameCommitted: (appender, records, userBytes, ackMs) => {
        this.rates.add(appender.held.shardUid, records, userBytes, clock.monotonicMs());
        this.#metrics.committed(appender.held, records, userBytes, ackMs);
      },
    });
    const appends = this.#appends;
    const onRead = (held: HeldReplica, records: number, userBytes: number): void => {
      this.#metrics.read(held, records, userBytes);
    };
    const readParts = { host, logStore, clock, freshness, limitsOn, leaderHint, onRead };
    this.#reads = new ReadService({
      ...readParts,
      onThrottled: (held) => this.#metrics.readThrottled(held),
      onAge: (held, behindMs) => this.#metrics.iteratorAge(held, behindMs),
    });
    this.#subscriptions = new Subscriptions({ ...readParts, signal: this.#signal });
    this.#control = new ReplicaControl({
      host,
      appends,
      logStore,
      clock,
      term,
      createReplica,
      isBeingMade: (shardUid) => map.shard(shardUid)?.state === "creating",
      onDropped: (held) => this.#leadershipOver(held),
      onClosedAgain: (held) => this.events.add(closedEvent(held)),
    });
    logStore.onSync = (report) => {
      this.health.synced();
      this.#metrics.synced(report);
    };
    exportGauges(registry, { host, appends, links, logStore });
    const unreadable = recoverReplicas(host, logStore, createReplica);
    for (const held of host.all()) {
      if (held.stopped) this.#replicaHalted(held, "it was stopped before this start");
      else if (held.replica.suspect) this.#replicaSuspect(held);
    }
    if (unreadable.length > 0) logger.error({ shards: unreadable }, "replicas without readable state are not served");
  }

  /** The services this node offers, by name. */
  services(): { Storage: StorageHandlers; Peer: PeerHandlers; ReplicaControl: ReplicaControlHandlers } {
    const { logger, clock } = this.#parts;
    const identity = this.#identity();
    return {
      Storage: {
        Append: (call) => serveAppendStream(call, (append, reply) => this.#appends.append(append, reply)),
        Read: (call) => {
          void writeChunks(call, this.#reads.read(call.request), new AbortController());
        },
        Subscribe: (call) => {
          const gone = new AbortController();
          void writeChunks(call, this.#subscriptions.subscribe(call.request, gone.signal), gone);
        },
        Claim: unary((request) => Promise.resolve(this.#subscriptions.claim(request))),
        Locate: unary((request) => this.#reads.locate(request)),
      },
      Peer: {
        Exchange: (call) => {
          servePeerStream(
            {
              clock,
              logger,
              identity,
              links: this.links,
              undurableBytes: () => this.host.undurableBytes,
              onBatch: (from, batch) => deliverPeerBatch(this.#inbox(), from, batch),
            },
            call,
          );
        },
        ReadFrame: unary((request) => frameForMember(this.host, this.#parts.logStore, request)),
      },
      ReplicaControl: replicaControlHandlers(this.#control, async () => {
        const { nodeId, boot } = this.#parts.logStore;
        return { nodeId, boot, serving: await this.health.check() };
      }),
    };
  }

  /** Begins to tick and to look after retention. */
  start(): void {
    const { clock, logger, logStore, retentionEveryMs } = this.#parts;
    const { host, map, agreement } = this;
    const ticker = startTicker(host, clock);
    this.#stop.signal.addEventListener("abort", () => ticker.cancel(), { once: true });
    const parts = { clock, logger, host, logStore, map, agreement, appends: this.#appends, freshness: this.#freshness };
    const onTrimmed = (held: HeldReplica, records: number): void => this.#metrics.trimmed(held, records);
    const { scrubEveryMs: everyMs, scrubBytesPerSecond: bytesPerSecond } = this.#parts;
    const scrub = { clock, logger, host, logStore, repairs: this.#repairs, everyMs, bytesPerSecond };
    void runScrub(scrub, this.#stop.signal);
    void remindOfTrouble({ clock, host, events: this.events }, this.#stop.signal);
    void runRetention({ ...parts, onTrimmed }, retentionEveryMs, this.#stop.signal);
  }

  /** Addresses may have changed. */
  mapChanged(): void {
    this.links.retryNow();
  }

  /** Gives up what it leads in order: admits nothing, finishes what is in flight, resigns. */
  async resign(): Promise<void> {
    this.#appends.stopAdmitting();
    const { clock } = this.#parts;
    const untilMs = clock.monotonicMs() + FINISH_DEADLINE_MS;
    while (this.#appends.budget.count > 0 && clock.monotonicMs() < untilMs) await sleep(clock, 5);
    this.host.batch(() => {
      for (const held of this.host.all()) if (held.serving) this.host.feed(held, { type: "resign" });
    });
  }

  /** Stops everything that could still write. */
  stop(): void {
    this.#stop.abort();
    this.host.close();
    this.links.close();
  }

  #replicaEvents(): ReplicaEvents {
    const { logger } = this.#parts;
    return {
      adopted: ({ shardUid }, epoch, setChanges) => this.events.add({ kind: "ADOPTED", shardUid, epoch, setChanges }),
      opened: (held, epoch) => {
        this.#metrics.opened();
        this.events.add({ kind: "OPENED", shardUid: held.shardUid, epoch });
        this.#appends.opened(held);
      },
      committed: (held, commitOffset) => {
        this.#appends.committed(held, commitOffset);
        this.#signal.notify(held.shardUid);
      },
      steppedDown: (held, epoch, why) => {
        logger.warn({ shard: held.shardUid, epoch, why }, "no longer leads a shard");
        this.events.add({ kind: "RESIGNED", shardUid: held.shardUid, epoch, why });
        this.#leadershipOver(held);
      },
      closed: (held) => {
        this.events.add(closedEvent(held));
        this.#signal.notify(held.shardUid);
      },
      suspect: (held) => this.#replicaSuspect(held),
      halted: (held, why) => {
        this.#replicaHalted(held, why);
        this.#leadershipOver(held);
      },
    };
  }

  #replicaHalted({ shardUid, replica }: HeldReplica, why: string): void {
    this.#parts.logger.error({ shard: shardUid, why }, "a replica is stopped: it needs an operator");
    this.events.add({ kind: "HALTED", shardUid, epoch: replica.promisedEpoch, why: why.slice(0, 1000) });
  }

  #replicaSuspect({ shardUid, replica }: HeldReplica): void {
    this.#parts.logger.error({ shard: shardUid }, "a replica may have lost data and waits for its peers");
    this.events.add({ kind: "SUSPECT", shardUid, epoch: replica.logEpoch });
  }

  #leadershipOver(held: HeldReplica): void {
    this.#appends.steppedDown(held);
    this.#reads.steppedDown(held.shardUid);
    this.#subscriptions.steppedDown(held.shardUid);
    this.rates.forget(held.shardUid);
    this.#metrics.leadershipOver(held);
    this.#signal.notify(held.shardUid);
  }

  #peerConnected(nodeId: string): void {
    this.host.batch(() => {
      for (const held of this.host.all()) {
        const concerned = held.role !== "follower" && held.set.some((member) => member.nodeId === nodeId);
        if (concerned) this.host.feed(held, { type: "peerConnected", nodeId });
      }
    });
  }

  #identity(): { nodeId: NodeEntry["nodeId"]; boot: number; clusterId: () => string } {
    const { logStore, clusterId } = this.#parts;
    return { nodeId: logStore.nodeId, boot: logStore.boot, clusterId };
  }

  #inbox(): Parameters<typeof deliverPeerBatch>[0] {
    return {
      host: this.host,
      logger: this.#parts.logger,
      onFreshnessRequest: (from, request) => this.#freshness.onRequest(from, request),
      onFreshnessReply: (from, reply) => this.#freshness.onReply(from, reply),
    };
  }
}

/** The close record takes the last offset: the records end before it. */
function closedEvent(held: HeldReplica): ShardEvent {
  const { shardUid, replica, lastArrivalMs } = held;
  const endOffset = replica.commitOffset - 1;
  return { kind: "CLOSED", shardUid, epoch: replica.promisedEpoch, endOffset, timeMs: lastArrivalMs };
}
