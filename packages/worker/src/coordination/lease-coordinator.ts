/**
 * The lease coordination of one worker as a state machine: events in, commands out, no clock and no socket. All workers of an
 * application run the same; there is no leader. A round is: heartbeat (which brings what has changed) → plan → take what the plan gives
 * us, ask for what others hold too much of.
 *
 * Invariants: at most one session of a lease exists in this process until its consumer has settled; no session outlives
 * the time for which the last answered heartbeat, counted from its sending, keeps our leases.
 */
import { assert } from "@millrace/base";
import { checkpointAt } from "../lease/checkpoint.ts";
import { leaseKey, type Lease, type LeaseGrant, type LeaseKey } from "../lease/lease.ts";
import type { AcquireAnswer, NewLease, RenewAnswer } from "../lease/lease-store.ts";
import type { SessionEnd } from "../lease/lease-session.ts";
import type {
  CoordinatorCommand,
  CoordinatorEvent,
  CoordinatorSettings,
  LeasedStream,
} from "./coordinator-contract.ts";
import { HeldSession } from "./held-session.ts";
import { LeaseTable } from "./lease-table.ts";
import { planByCount, planByThroughput, rankedWorkers, type Assignment } from "./plan-assignment.ts";
import { hasHole, planShardSync } from "./plan-shard-sync.ts";

/** Heartbeats in the life of a lease: two may be lost. */
const HEARTBEATS_PER_TTL = 3;
/** After a failed heartbeat or taking the next comes this soon, plus as much jitter. */
const RETRY_MS = 200;
/** Heartbeats asked for by others' news are this far apart, plus as much jitter: news of many come in one. */
const WAKE_GAP_MS = 100;
/** A free lease that its planned worker does not take (it may be dead too): the first in rank tries after this, the next ones later. */
const NOBODY_TOOK_IT_MS = 400;
const RANK_STEP_MS = 75;
/** The same for one that is reserved; longer than a reservation. */
const RESERVED_FOR_NOBODY_MS = 2_500;
/** A hole in the hash keys is looked into at most this often by all workers together. */
const REPAIR_PERIOD_MS = 5_000;
/** By throughput, held leases move when workers come or go, and else this often: rates change all the time. */
const REBALANCE_PERIOD_MS = 30_000;

interface RenewalInFlight {
  readonly sentAtMs: number;
  /** What was asked for: answers about takings that began later are not there. */
  readonly held: ReadonlyMap<LeaseKey, string>;
}

/** See the file comment. */
export class LeaseCoordinator {
  readonly #settings: CoordinatorSettings;
  readonly #streams: ReadonlyMap<string, LeasedStream>;
  readonly #streamNames: ReadonlySet<string>;
  readonly #jitter: () => number;
  readonly #table = new LeaseTable();
  readonly #sessions = new Map<LeaseKey, HeldSession>();
  #phase: "new" | "running" | "stopping" | "leaving" | "over" = "new";
  #renewal: RenewalInFlight | undefined;
  #acquiring = false;
  #nextRenewMs = 0;
  /** How old our picture of the table is: when the last answered heartbeat was sent. */
  #pictureMs = -Infinity;
  #woken = false;
  #lastRenewMs = -Infinity;
  /** Our leases are ours until then, whatever happens. */
  #validUntilMs = -Infinity;
  #stopDeadlineMs = Infinity;
  #nextPlanMs = Infinity;
  #mayRebalance = true;
  #rebalancedMs = -Infinity;
  #liveWorkers = "";
  #commands: CoordinatorCommand[] = [];

  /** `jitter` draws from [0, 1). */
  constructor(settings: CoordinatorSettings, jitter: () => number) {
    this.#settings = settings;
    this.#streams = new Map(settings.streams.map((each) => [each.stream, each]));
    this.#streamNames = new Set(this.#streams.keys());
    this.#jitter = jitter;
  }

  /** The leases held now. */
  get held(): readonly Lease[] {
    return [...this.#sessions.values()].filter(({ isHeld }) => isHeld).map(({ lease }) => lease);
  }

  /** The table as this worker knows it. */
  get leases(): ReadonlyMap<LeaseKey, Lease> {
    return this.#table.leases;
  }

  /** What follows from `event` at monotonic time `now`. A `timer` command ends every answer until the coordinator has stopped. */
  step(now: number, event: CoordinatorEvent): readonly CoordinatorCommand[] {
    assert(this.#phase !== "new" || event.type === "start", "the first event is start");
    if (this.#phase === "over") return [];
    this.#commands = [];
    this.#handle(now, event);
    if (this.#phase !== ("over" as string)) {
      this.#watchTime(now);
      this.#mayLeave(now);
      this.#mayRenew(now);
      this.#commands.push({ type: "timer", atMs: this.#nextMs(now) });
    }
    return this.#commands;
  }

  #handle(now: number, event: CoordinatorEvent): void {
    switch (event.type) {
      case "start":
        this.#phase = "running";
        this.#nextRenewMs = now;
        return;
      case "tick":
        return;
      case "wake":
        this.#woken = true;
        return;
      case "renewed":
        return this.#renewed(now, event.answer);
      case "renew-failed":
        this.#renewal = undefined;
        this.#nextRenewMs = now + RETRY_MS * (1 + this.#jitter());
        return;
      case "acquired":
        return this.#acquired(now, event.answers);
      case "acquire-failed":
        // Perhaps it happened: the next heartbeat shows leases of ours that have no session, and gives them back.
        this.#acquiring = false;
        this.#nextRenewMs = Math.min(this.#nextRenewMs, now + RETRY_MS * (1 + this.#jitter()));
        return;
      case "settled":
        return this.#settled(now, event);
      case "progress":
        return this.#current(event)?.progress(event.bytes, now);
      case "stored":
        return this.#current(event)?.stored(event.position);
      case "refused": {
        const session = this.#current(event);
        if (session?.isHeld === true) this.#abort(session, "lost");
        this.#woken = true;
        return;
      }
      case "listed": {
        const stream = this.#streams.get(event.stream);
        assert(stream !== undefined, "only streams of ours are listed");
        const plan = planShardSync(event.shards, this.#table.leases, event.stream, stream.initialPosition);
        if (plan.create.length > 0) this.#commands.push({ type: "create", leases: plan.create });
        if (plan.remove.length > 0) this.#commands.push({ type: "delete", keys: plan.remove });
        if (plan.create.length > 0) this.#woken = true;
        return;
      }
      case "stop":
        if (this.#phase !== "running") return;
        this.#phase = "stopping";
        this.#stopDeadlineMs = now + event.deadlineMs;
        for (const session of this.#sessions.values()) this.#drain(session, "stopping", this.#stopDeadlineMs);
        return;
      case "store-emptied":
        for (const session of this.#sessions.values()) if (session.isHeld) this.#abort(session, "lost");
        this.#over("store-emptied");
        return;
      case "left":
        this.#over("left");
        return;
    }
  }

  #renewed(now: number, answer: RenewAnswer): void {
    const renewal = this.#renewal;
    if (renewal === undefined) return;
    this.#renewal = undefined;
    const { leaseTtlMs, worker } = this.#settings;
    // Counted from the sending: the store began to count no earlier.
    this.#pictureMs = renewal.sentAtMs;
    this.#validUntilMs = renewal.sentAtMs + leaseTtlMs - Math.min(1_000, leaseTtlMs / 10);
    this.#nextRenewMs = renewal.sentAtMs + (leaseTtlMs / HEARTBEATS_PER_TTL) * (1 - 0.1 * this.#jitter());
    // The first answer says whether there is anything to read; who lists the shards is asked for with the next heartbeat.
    if (this.#table.cursor === undefined) this.#woken = true;
    this.#table.apply(answer, now);
    for (const key of answer.lost) this.#lost(renewal, key);
    for (const key of answer.missing) {
      const session = this.#lost(renewal, key);
      if (session !== undefined) this.#commands.push({ type: "create", leases: [restored(session)] });
    }
    for (const turn of answer.turns) {
      const stream = turn.slice(turn.indexOf(":") + 1);
      if (this.#phase === "running") this.#commands.push({ type: "list", stream });
    }
    for (const lease of this.#table.leases.values()) {
      if (lease.owner !== worker) continue;
      const session = this.#sessions.get(lease.key);
      const isOurs = session?.isHeld === true && session.grant.incarnation === lease.incarnation;
      if (isOurs && lease.handoffTo !== undefined && lease.handoffTo !== worker) {
        this.#drain(session, "handoff", now + this.#settings.handoffTimeoutMs);
      }
      // A taking whose answer never came, or a giving back that was not done.
      if (!isOurs && !this.#acquiring) this.#giveBack(grantOf(lease), undefined);
    }
    const live = this.#table.liveWorkers(now).join(" ");
    if (live !== this.#liveWorkers) this.#mayRebalance = true;
    this.#liveWorkers = live;
    this.#plan(now);
  }

  #lost(renewal: RenewalInFlight, key: LeaseKey): HeldSession | undefined {
    const session = this.#sessions.get(key);
    if (session?.isHeld !== true || renewal.held.get(key) !== session.grant.incarnation) return undefined;
    this.#abort(session, "lost");
    return session;
  }

  #acquired(now: number, answers: readonly AcquireAnswer[]): void {
    this.#acquiring = false;
    let refused = false;
    for (const answer of answers) {
      if ("refused" in answer) {
        refused = true;
        continue;
      }
      const { lease } = answer;
      this.#table.leases.set(lease.key, lease);
      if (this.#phase !== "running" || now >= this.#validUntilMs || this.#sessions.has(lease.key)) {
        this.#giveBack(grantOf(lease), undefined);
        continue;
      }
      this.#sessions.set(lease.key, new HeldSession(lease, now));
      this.#commands.push({ type: "begin", lease });
    }
    // After a refusal our picture is old: a new one before the next attempt.
    if (refused) this.#woken = true;
    else this.#plan(now);
  }

  #settled(now: number, event: Extract<CoordinatorEvent, { type: "settled" }>): void {
    const session = this.#current(event);
    if (session === undefined) return;
    const { state } = session;
    if (event.outcome === "finished" && state !== "ended") {
      this.#forget(session, "finished");
      this.#woken = true;
    } else if (state === "draining") {
      this.#giveBack(session.grant, this.#successor(session, now));
      this.#forget(session, session.end ?? "handoff");
    } else if (state === "running") {
      // It failed, or returned for no reason. The lease rests with us: at once elsewhere the same record would fail again.
      session.state = "pausing";
      session.end = "failed";
      session.deadlineMs = now + this.#settings.failurePauseMs * (1 + this.#jitter());
    } else {
      this.#forget(session, session.end ?? "lost");
    }
    this.#plan(now);
  }

  /** What passes by itself: our own validity, drains, pauses, consumers without progress, other workers' heartbeats. */
  #watchTime(now: number): void {
    const valid = now < this.#validUntilMs;
    for (const session of this.#sessions.values()) {
      if (!session.isHeld) continue;
      if (!valid) {
        this.#abort(session, "lost");
      } else if (now >= session.deadlineMs || this.#isHung(session, now)) {
        this.#giveBack(session.grant, this.#successor(session, now));
        if (session.state === "pausing") this.#forget(session, "failed");
        else this.#abort(session, "hung");
      }
    }
    if (now >= this.#nextPlanMs) this.#plan(now);
  }

  #isHung(session: HeldSession, now: number): boolean {
    return session.state !== "pausing" && now - session.lastProgressMs >= this.#settings.progressTimeoutMs;
  }

  #plan(now: number): void {
    const { worker } = this.#settings;
    this.#nextPlanMs = Math.max(now + 1, this.#table.nextExpiryMs(now, worker) + 50 * this.#jitter());
    if (this.#phase !== "running" || now >= this.#validUntilMs || !this.#table.isLive(worker, now)) return;
    const workers = this.#table.liveWorkers(now);
    const readable = this.#table.readable(this.#streamNames);
    const assignment = this.#assign(readable, workers, now);
    const wanted: LeaseKey[] = [];
    const asked: { key: LeaseKey; incarnation: string }[] = [];
    for (const lease of readable) {
      const free = this.#table.freeForMs(lease, now);
      if (this.#sessions.has(lease.key)) continue;
      const { owner, incarnation } = lease;
      if (!this.#table.isLive(owner, now)) {
        if (assignment.get(lease.key) === worker || this.#isLeftOver(lease, free, workers, now)) wanted.push(lease.key);
      } else if (this.#mayRebalance && assignment.get(lease.key) === worker && owner !== worker) {
        if (this.#table.isLive(lease.handoffTo, now) || incarnation === undefined) continue;
        asked.push({ key: lease.key, incarnation });
        this.#table.leases.set(lease.key, { ...lease, handoffTo: worker });
      }
    }
    this.#mayRebalance = this.#settings.balance === "count";
    if (wanted.length > 0 && !this.#acquiring) {
      this.#acquiring = true;
      this.#commands.push({ type: "acquire", keys: wanted });
    }
    if (asked.length > 0) this.#commands.push({ type: "handoff", leases: asked });
  }

  #assign(readable: readonly Lease[], workers: readonly string[], now: number): Assignment {
    const planned = readable.map((lease) => this.#table.planned(lease, now));
    if (this.#settings.balance === "count") return planByCount(planned, workers);
    if (now - this.#rebalancedMs >= REBALANCE_PERIOD_MS) this.#mayRebalance = true;
    if (this.#mayRebalance) this.#rebalancedMs = now;
    return planByThroughput(planned, workers);
  }

  /** Whether it is our turn to take a lease that its planned worker has not taken. A picture from before asks for a new one first. */
  #isLeftOver({ key, handoffTo }: Lease, freeMs: number, workers: readonly string[], now: number): boolean {
    const baseMs = this.#table.isLive(handoffTo, now) ? RESERVED_FOR_NOBODY_MS : NOBODY_TOOK_IT_MS;
    const rank = freeMs < baseMs ? 0 : rankedWorkers(key, workers).indexOf(this.#settings.worker);
    const waitMs = baseMs + rank * RANK_STEP_MS;
    if (freeMs <= waitMs) {
      this.#nextPlanMs = Math.min(this.#nextPlanMs, now + waitMs - freeMs + 1);
      return false;
    }
    if (now - this.#pictureMs < freeMs - NOBODY_TOOK_IT_MS / 2) return true;
    this.#woken = true;
    return false;
  }

  #mayRenew(now: number): void {
    if (this.#renewal !== undefined || this.#phase === "leaving") return;
    if (this.#woken) {
      this.#woken = false;
      const dueMs = Math.max(now, this.#lastRenewMs + WAKE_GAP_MS * (1 + this.#jitter()));
      this.#nextRenewMs = Math.min(this.#nextRenewMs, dueMs);
    }
    if (now < this.#nextRenewMs) return;
    this.#lastRenewMs = now;
    const { worker, leaseTtlMs } = this.#settings;
    const held = [...this.#sessions.values()].filter(({ isHeld }) => isHeld);
    this.#renewal = { sentAtMs: now, held: new Map(held.map(({ grant }) => [grant.key, grant.incarnation])) };
    this.#commands.push({
      type: "renew",
      request: {
        worker,
        ttlMs: leaseTtlMs,
        held: held.map((session) => {
          const rate = session.newRate(now, leaseTtlMs / HEARTBEATS_PER_TTL / 2);
          return rate === undefined ? session.grant : { ...session.grant, bytesPerSecond: rate };
        }),
        cursor: this.#table.cursor,
        turns: this.#phase === "running" ? this.#turns() : [],
      },
    });
  }

  #turns(): { name: string; periodMs: number }[] {
    // Without a whole table a hole means nothing.
    const known = this.#table.cursor !== undefined;
    const { shardSyncPeriodMs } = this.#settings;
    return [...this.#streamNames].flatMap((stream) => [
      ...(known ? [{ name: `sync:${stream}`, periodMs: shardSyncPeriodMs }] : []),
      ...(known && hasHole(this.#table.leases.values(), stream)
        ? [{ name: `repair:${stream}`, periodMs: REPAIR_PERIOD_MS }]
        : []),
    ]);
  }

  #mayLeave(now: number): void {
    if (this.#phase !== "stopping") return;
    const held = [...this.#sessions.values()].filter(({ isHeld }) => isHeld);
    if (held.length > 0 && now < this.#stopDeadlineMs) return;
    this.#phase = "leaving";
    const leases = held.map((session) => ({ ...session.grant, to: this.#successor(session, now) }));
    for (const session of held) this.#abort(session, "hung");
    this.#commands.push({ type: "leave", leases });
  }

  /** Who should have a lease that we give back: whoever asked for it, or whom the plan without us names. */
  #successor({ lease }: HeldSession, now: number): string | undefined {
    const row = this.#table.leases.get(lease.key);
    if (row === undefined) return undefined;
    const { handoffTo } = row;
    if (handoffTo !== this.#settings.worker && this.#table.isLive(handoffTo, now)) return handoffTo;
    const others = this.#table.liveWorkers(now).filter((worker) => worker !== this.#settings.worker);
    const next = this.#assign(this.#table.readable(this.#streamNames), others, now).get(lease.key);
    // The plan of the next one to be given back knows of this.
    this.#table.leases.set(lease.key, { ...row, handoffTo: next });
    return next;
  }

  #drain(session: HeldSession, end: SessionEnd, deadlineMs: number): void {
    if (session.state === "pausing") {
      session.deadlineMs = -Infinity;
    } else if (session.state === "running") {
      session.state = "draining";
      session.end = end;
      session.deadlineMs = deadlineMs;
      this.#commands.push({ type: "drain", key: session.grant.key });
    } else if (session.state === "draining") {
      session.deadlineMs = Math.min(session.deadlineMs, deadlineMs);
    }
  }

  /** Ends a session; it stays until its consumer has settled, so that no second one begins beside it. */
  #abort(session: HeldSession, end: SessionEnd): void {
    if (session.state === "pausing") return this.#forget(session, end);
    session.state = "ended";
    session.end = end;
    this.#commands.push({ type: "abort", key: session.grant.key, end });
  }

  #giveBack(grant: LeaseGrant, to: string | undefined): void {
    this.#commands.push({ type: "release", lease: { ...grant, to } });
    const row = this.#table.leases.get(grant.key);
    if (row?.incarnation === grant.incarnation) {
      this.#table.leases.set(grant.key, { ...row, owner: undefined, handoffTo: to });
    }
  }

  #forget(session: HeldSession, end: SessionEnd): void {
    this.#sessions.delete(session.grant.key);
    this.#commands.push({ type: "ended", lease: session.lease, end });
  }

  #over(reason: "left" | "store-emptied"): void {
    this.#phase = "over";
    this.#commands.push({ type: "stopped", reason });
  }

  #current({ key, incarnation }: { readonly key: LeaseKey; readonly incarnation: string }): HeldSession | undefined {
    const session = this.#sessions.get(key);
    return session?.grant.incarnation === incarnation ? session : undefined;
  }

  #nextMs(now: number): number {
    let next = Math.min(this.#renewal === undefined ? this.#nextRenewMs : Infinity, this.#nextPlanMs);
    if (this.#phase === "stopping") next = Math.min(next, this.#stopDeadlineMs);
    for (const session of this.#sessions.values()) {
      if (!session.isHeld) continue;
      const hungMs = session.state === "pausing" ? Infinity : session.lastProgressMs + this.#settings.progressTimeoutMs;
      next = Math.min(next, this.#validUntilMs, session.deadlineMs, hungMs);
    }
    return Math.max(next, now);
  }
}

function grantOf({ key, incarnation = "", fencingToken }: Lease): LeaseGrant {
  return { key, incarnation, fencingToken };
}

/** The row that somebody deleted while we held the lease, at the position we know to be done. */
function restored({ lease, lastPosition }: HeldSession): NewLease {
  const { stream, shardId, parents, hashRange, checkpoint } = lease;
  assert(lease.key === leaseKey(stream, shardId), "a lease's key names its shard");
  const position = lastPosition === undefined ? checkpoint : checkpointAt(lastPosition);
  return { stream, shardId, parents, hashRange, checkpoint: position };
}
