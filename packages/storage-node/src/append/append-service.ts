/**
 * Storage.Append: takes checked appends to the shard they are for, and has frames built at the moments the journal is
 * ready for them: at once when it is idle (after everything of this turn arrived), else when its running write ends.
 */
import { asBuffer, type Clock } from "@millrace/base";
import type { LogStore } from "@millrace/log-store";
import type { Append__Output } from "@millrace/rpc";
import type { HeldReplica } from "../replica/held-replica.ts";
import type { ReplicaHost } from "../replica/replica-host.ts";
import { AppendBudget, type AppendBudgetLimits } from "./append-budget.ts";
import { refused, type AppendReply } from "./append-outcome.ts";
import { recordsIntact } from "./check-append.ts";
import { rebuildRecent, recentIsComplete } from "./rebuild-recent.ts";
import { ShardAppender, type ShardAppenderParts } from "./shard-appender.ts";
import { WriteLimit } from "./write-limit.ts";

/** What the service works with. */
export interface AppendServiceParts {
  readonly host: ReplicaHost;
  readonly logStore: LogStore;
  readonly clock: Clock;
  readonly limitsOn: boolean;
  readonly budget: AppendBudgetLimits;
  /** Node id of the shard's leader as far as known, else empty. */
  readonly leaderHint: (shardUid: number) => string;
  readonly onFrameCommitted: ShardAppenderParts["onFrameCommitted"];
  readonly onThrottled: ShardAppenderParts["onThrottled"];
  /** The budget refused an append. */
  readonly onRejected: () => void;
}

/** See the file comment. */
export class AppendService {
  readonly #parts: AppendServiceParts;
  readonly budget: AppendBudget;
  readonly #appenders = new Map<number, ShardAppender>();
  #dirty = new Set<ShardAppender>();
  /** Shards whose leadership is being handed over: they admit nothing. */
  readonly #paused = new Set<number>();
  #scheduled = false;
  #stopped = false;

  constructor(parts: AppendServiceParts) {
    this.#parts = parts;
    this.budget = new AppendBudget(parts.budget, parts.onRejected);
    parts.logStore.onBeforeBatch = () => this.#buildAll();
  }

  appenderOf(shardUid: number): ShardAppender | undefined {
    return this.#appenders.get(shardUid);
  }

  /** One append as it came from the wire. `reply` is called exactly once, now or later. */
  append(append: Append__Output, reply: AppendReply): void {
    const { host, leaderHint } = this.#parts;
    const held = host.get(append.shardUid);
    const hint = (): string => leaderHint(append.shardUid);
    if (held === undefined) return reply(refused(hint() === "" ? "UNKNOWN_SHARD" : "NOT_LEADER", hint()));
    const appender = this.#appenders.get(append.shardUid);
    const admits = !this.#stopped && !this.#paused.has(append.shardUid);
    if (appender === undefined || !admits) return reply(refused("NOT_LEADER", hint()));
    const records = asBuffer(append.records);
    const { recordCount, userBytes, recordsCrc, appendId } = append;
    if (!recordsIntact({ records, recordsCrc, recordCount, userBytes })) return reply(refused("DAMAGED"));
    const id = appendId.length === 16 ? appendId.toString("hex") : "";
    appender.admit({ records, recordCount, userBytes, id, reply });
  }

  opened(held: HeldReplica): void {
    this.#paused.delete(held.shardUid);
    const { clock, limitsOn, logStore, host, onFrameCommitted, onThrottled } = this.#parts;
    const appender = new ShardAppender(held, {
      host,
      clock,
      budget: this.budget,
      onFrameCommitted,
      onThrottled,
      limit: limitsOn ? new WriteLimit(clock.monotonicMs()) : undefined,
      diskIsFull: () => logStore.belowDiskFloor,
      wake: (woken) => this.#wake(woken),
    });
    this.#appenders.get(held.shardUid)?.stepDown("");
    this.#appenders.set(held.shardUid, appender);
    if (recentIsComplete(held)) appender.ready();
    else {
      const onDamaged = (): void => host.feed(held, { type: "frameDamaged" });
      void rebuildRecent(held, { logStore, clock, onDamaged }).then(() => this.#rebuilt(appender));
    }
  }

  committed(held: HeldReplica, commitOffset: number): void {
    this.#appenders.get(held.shardUid)?.committed(commitOffset);
  }

  steppedDown(held: HeldReplica): void {
    this.#paused.delete(held.shardUid);
    const appender = this.#appenders.get(held.shardUid);
    if (appender === undefined) return;
    this.#appenders.delete(held.shardUid);
    this.#dirty.delete(appender);
    appender.stepDown(this.#parts.leaderHint(held.shardUid));
    held.recent.dropIndex();
  }

  /** Admits nothing more for the shard until {@link resume} or the end of its leadership. */
  pause(shardUid: number): void {
    this.#paused.add(shardUid);
  }

  resume(shardUid: number): void {
    this.#paused.delete(shardUid);
  }

  /** Admits nothing more; what waits and flies is still completed. */
  stopAdmitting(): void {
    this.#stopped = true;
  }

  #rebuilt(appender: ShardAppender): void {
    if (this.#appenders.get(appender.held.shardUid) === appender) appender.ready();
  }

  #wake(appender: ShardAppender): void {
    this.#dirty.add(appender);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      // A running write calls onBeforeBatch when it ends: until then appends gather.
      if (this.#parts.logStore.idle) this.#buildAll();
    });
  }

  #buildAll(): void {
    if (this.#dirty.size === 0) return;
    if (this.#parts.host.busy) {
      setImmediate(() => this.#buildAll());
      return;
    }
    const dirty = this.#dirty;
    this.#dirty = new Set();
    this.#parts.host.batch(() => {
      for (const appender of dirty) appender.build();
    });
  }
}
