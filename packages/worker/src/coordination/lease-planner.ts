/** What this worker does about the plan that all compute: which leases it takes, which it asks others for, to whom it gives its own. Pure. */
import type { Lease, LeaseKey } from "../lease/lease.ts";
import type { CoordinatorSettings } from "./coordinator-contract.ts";
import type { LeaseTable } from "./lease-table.ts";
import { planByCount, planByThroughput, rankedWorkers, type Assignment } from "./plan-assignment.ts";

/** A free lease that its planned worker does not take (it may be dead too): the first in rank tries after this, the next ones later. */
const NOBODY_TOOK_IT_MS = 400;
const RANK_STEP_MS = 75;
/** The same for one that is reserved; longer than a reservation. */
const RESERVED_FOR_NOBODY_MS = 2_500;
/** By throughput, held leases move when workers come or go, and else this often: rates change all the time. */
const REBALANCE_PERIOD_MS = 30_000;

/** What a plan asks of this worker. */
export interface WorkerPlan {
  /** Free leases to take. */
  readonly wanted: readonly LeaseKey[];
  /** Takings of others to be handed over to us. */
  readonly asked: readonly { readonly key: LeaseKey; readonly incarnation: string }[];
  /** Whether the picture is too old to decide: a heartbeat first. */
  readonly isOutdated: boolean;
}

/** See the file comment. */
export class LeasePlanner {
  readonly #settings: CoordinatorSettings;
  readonly #streams: ReadonlySet<string>;
  readonly #table: LeaseTable;
  readonly #jitter: () => number;
  #nextMs = Infinity;
  #mayRebalance = true;
  #rebalancedMs = -Infinity;
  #liveWorkers = "";
  /** The plan without us, for all that we give back from one picture: a worker with many leases computes it once when it stops. */
  #succession: Assignment | undefined;
  #isOutdated = false;

  constructor(settings: CoordinatorSettings, table: LeaseTable, jitter: () => number) {
    this.#settings = settings;
    this.#streams = new Set(settings.streams.map(({ stream }) => stream));
    this.#table = table;
    this.#jitter = jitter;
  }

  /** When the passing of time alone may change the plan. */
  get nextMs(): number {
    return this.#nextMs;
  }

  /** A new picture of the table has come. */
  pictureChanged(now: number): void {
    this.#succession = undefined;
    const live = this.#table.liveWorkers(now).join(" ");
    if (live !== this.#liveWorkers) this.#mayRebalance = true;
    this.#liveWorkers = live;
  }

  /** No plan before the next heartbeat: we hold nothing, or are not to take anything. Other workers' ends are still watched. */
  rest(now: number): void {
    this.#nextMs = Math.max(now + 1, this.#table.nextExpiryMs(now, this.#settings.worker) + 50 * this.#jitter());
  }

  /** `isOurs` says which leases have a session here; `pictureMs` when our picture was asked for. */
  plan(now: number, pictureMs: number, isOurs: (key: LeaseKey) => boolean): WorkerPlan {
    const { worker } = this.#settings;
    this.rest(now);
    this.#isOutdated = false;
    const workers = this.#table.liveWorkers(now);
    const readable = this.#table.readable(this.#streams);
    const assignment = this.#assign(readable, workers, now);
    const wanted: LeaseKey[] = [];
    const asked: { key: LeaseKey; incarnation: string }[] = [];
    for (const lease of readable) {
      const free = this.#table.freeForMs(lease, now);
      if (isOurs(lease.key)) continue;
      const { key, owner, incarnation } = lease;
      const isPlanned = assignment.get(key) === worker;
      if (!this.#table.isLive(owner, now)) {
        if (isPlanned || this.#isLeftOver(lease, free, workers, now, pictureMs)) wanted.push(key);
      } else if (this.#mayRebalance && isPlanned && owner !== worker) {
        if (this.#table.isLive(lease.handoffTo, now) || incarnation === undefined) continue;
        asked.push({ key, incarnation });
        this.#table.leases.set(key, { ...lease, handoffTo: worker });
      }
    }
    this.#mayRebalance = this.#settings.balance === "count";
    return { wanted, asked, isOutdated: this.#isOutdated };
  }

  /** Who should have a lease that we give back: whoever asked for it, or whom the plan without us names. */
  successor(key: LeaseKey, now: number): string | undefined {
    const row = this.#table.leases.get(key);
    if (row === undefined) return undefined;
    const { worker } = this.#settings;
    const { handoffTo } = row;
    if (handoffTo !== worker && this.#table.isLive(handoffTo, now)) return handoffTo;
    if (!this.#table.isLive(this.#succession?.get(key), now)) {
      const others = this.#table.liveWorkers(now).filter((each) => each !== worker);
      if (others.length === 0) return undefined;
      this.#succession = this.#assign(this.#table.readable(this.#streams), others, now);
    }
    const next = this.#succession?.get(key);
    // A plan that is made meanwhile knows of this.
    this.#table.leases.set(key, { ...row, handoffTo: next });
    return next;
  }

  #assign(readable: readonly Lease[], workers: readonly string[], now: number): Assignment {
    const planned = readable.map((lease) => this.#table.planned(lease, now));
    if (this.#settings.balance === "count") return planByCount(planned, workers);
    if (now - this.#rebalancedMs >= REBALANCE_PERIOD_MS) this.#mayRebalance = true;
    if (this.#mayRebalance) this.#rebalancedMs = now;
    return planByThroughput(planned, workers);
  }

  /** Whether it is our turn to take a lease that its planned worker has not taken. A picture from before asks for a new one first. */
  #isLeftOver(
    { key, handoffTo }: Lease,
    freeMs: number,
    workers: readonly string[],
    now: number,
    pictureMs: number,
  ): boolean {
    const baseMs = this.#table.isLive(handoffTo, now) ? RESERVED_FOR_NOBODY_MS : NOBODY_TOOK_IT_MS;
    const rank = freeMs < baseMs ? 0 : rankedWorkers(key, workers).indexOf(this.#settings.worker);
    const waitMs = baseMs + rank * RANK_STEP_MS;
    if (freeMs <= waitMs) {
      this.#nextMs = Math.min(this.#nextMs, now + waitMs - freeMs + 1);
      return false;
    }
    if (now - pictureMs < freeMs - NOBODY_TOOK_IT_MS / 2) return true;
    this.#isOutdated = true;
    return false;
  }
}
