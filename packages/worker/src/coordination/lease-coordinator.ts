/**
 * The lease coordination of one worker as a state machine: events in, commands out, no clock and no socket. All workers of an
 * application run the same; there is no leader. A round is: heartbeat (which brings what has changed) → plan → take what the plan gives
 * us, ask for what others hold too much of.
 *
 * Invariants: at most one session of a lease exists in this process until its consumer has settled; no session outlives
 * the time for which the last answered heartbeat, counted from its sending, keeps our leases; nothing is asked of the store
 * after this worker has left.
 */
import { assert } from "@millrace/base";
import { checkpointAt } from "../lease/checkpoint.ts";
import { leaseKey, type Lease, type LeaseGrant, type LeaseKey } from "../lease/lease.ts";
import type { AcquireAnswer, NewLease, RenewAnswer } from "../lease/lease-store.ts";
import type {
  CoordinatorCommand,
  CoordinatorEvent,
  CoordinatorSettings,
  LeasedStream,
} from "./coordinator-contract.ts";
import { Departure } from "./departure.ts";
import { Heartbeat, type RenewalInFlight } from "./heartbeat.ts";
import type { HeldSession } from "./held-session.ts";
import { HeldSessions } from "./held-sessions.ts";
import { LeasePlanner } from "./lease-planner.ts";
import { LeaseTable } from "./lease-table.ts";
import { hasHole, planShardSync, type ShardSync } from "./plan-shard-sync.ts";

/** A hole in the hash keys is looked into at most this often by all workers together. */
const REPAIR_PERIOD_MS = 5_000;
/** The rest after a failure doubles with each one in a row up to this, unless the setting is longer. */
const FAILURE_PAUSE_MAX_MS = 30_000;

/** See the file comment. */
export class LeaseCoordinator {
  readonly #settings: CoordinatorSettings;
  readonly #streams: ReadonlyMap<string, LeasedStream>;
  readonly #jitter: () => number;
  readonly #table = new LeaseTable();
  readonly #sessions: HeldSessions;
  readonly #heartbeat: Heartbeat;
  readonly #planner: LeasePlanner;
  readonly #departure = new Departure();
  #phase: "new" | "running" | "stopping" | "leaving" | "over" = "new";
  /** How often the consumers of a lease failed here in a row, without a sign of progress in between. */
  readonly #failures = new Map<LeaseKey, number>();
  #acquiring = false;
  #commands: CoordinatorCommand[] = [];

  /** `jitter` draws from [0, 1). */
  constructor(settings: CoordinatorSettings, jitter: () => number) {
    this.#settings = settings;
    this.#streams = new Map(settings.streams.map((each) => [each.stream, each]));
    this.#jitter = jitter;
    this.#sessions = new HeldSessions(this.#table, (command) => this.#commands.push(command));
    this.#heartbeat = new Heartbeat(settings.leaseTtlMs, jitter);
    this.#planner = new LeasePlanner(settings, this.#table, jitter);
  }

  /** The leases held now. */
  get held(): readonly Lease[] {
    return this.#sessions.held.map(({ lease }) => lease);
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
        this.#heartbeat.start(now);
        return;
      case "tick":
        return;
      case "wake":
        return this.#heartbeat.wake();
      case "renewed":
        return this.#renewed(now, event.answer);
      case "renew-failed":
        return this.#heartbeat.failed(now);
      case "acquired":
        return this.#acquired(now, event.answers);
      case "acquire-failed":
        // Perhaps it happened: the next heartbeat shows leases of ours that have no session, and gives them back.
        this.#acquiring = false;
        return this.#heartbeat.retry(now);
      case "settled":
        return this.#settled(now, event);
      case "progress":
        this.#failures.delete(event.key);
        return this.#sessions.current(event)?.progress(event.bytes, now);
      case "stored":
        return this.#sessions.current(event)?.stored(event.position);
      case "refused": {
        const session = this.#sessions.current(event);
        if (session?.isHeld === true) this.#sessions.abort(session, "lost");
        return this.#heartbeat.wake();
      }
      case "listed":
        return this.#listed(event);
      case "stop":
        if (this.#phase !== "running") return;
        this.#phase = "stopping";
        this.#departure.until(now + event.deadlineMs);
        for (const session of this.#sessions) this.#sessions.drain(session, "stopping", this.#departure.deadlineMs);
        return;
      case "store-emptied":
        for (const session of this.#sessions.held) this.#sessions.abort(session, "lost");
        return this.#over("store-emptied");
      case "left":
        return this.#over("left");
      case "leave-failed":
        // Without our heartbeat the leases are free soon by themselves: then there is nothing left to say.
        if (!this.#departure.retry(now, this.#heartbeat.validUntilMs)) this.#over("left");
        return;
    }
  }

  #renewed(now: number, answer: RenewAnswer): void {
    const isFirst = this.#table.cursor === undefined;
    const renewal = this.#heartbeat.answered();
    // What we gave back while leaving looks like ours in an answer that was on its way: it is not to be given back again.
    if (renewal === undefined || this.#phase === "leaving") return;
    // The first answer says whether there is anything to read; who lists the shards is asked for with the next heartbeat.
    if (isFirst) this.#heartbeat.wake();
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
    this.#compareOwn(now);
    this.#planner.pictureChanged(now);
    this.#plan(now);
  }

  /** Rows under our name: some are asked for by others, some we do not hold. */
  #compareOwn(now: number): void {
    const { worker, handoffTimeoutMs } = this.#settings;
    for (const lease of this.#table.leases.values()) {
      if (lease.owner !== worker) continue;
      const session = this.#sessions.get(lease.key);
      const isOurs = session?.isHeld === true && session.grant.incarnation === lease.incarnation;
      if (isOurs && lease.handoffTo !== undefined && lease.handoffTo !== worker) {
        this.#sessions.drain(session, "handoff", now + handoffTimeoutMs);
      }
      // A taking whose answer never came, or a giving back that was not done.
      if (!isOurs && !this.#acquiring) this.#sessions.giveBack(grantOf(lease), undefined);
    }
  }

  #lost(renewal: RenewalInFlight, key: LeaseKey): HeldSession | undefined {
    const session = this.#sessions.get(key);
    if (session?.isHeld !== true || renewal.held.get(key) !== session.grant.incarnation) return undefined;
    this.#sessions.abort(session, "lost");
    return session;
  }

  #acquired(now: number, answers: readonly AcquireAnswer[]): void {
    this.#acquiring = false;
    // Whose leaving was not to wait for this: they are free with the end of our heartbeat.
    if (this.#phase === "leaving") return;
    let refused = false;
    for (const answer of answers) {
      if ("refused" in answer) {
        refused = true;
        continue;
      }
      const { lease } = answer;
      this.#table.leases.set(lease.key, lease);
      const isValid = now < this.#heartbeat.validUntilMs;
      if (this.#phase === "running" && isValid && !this.#sessions.has(lease.key)) this.#sessions.begin(lease, now);
      else this.#sessions.giveBack(grantOf(lease), undefined);
    }
    // After a refusal our picture is old: a new one before the next attempt.
    if (refused) this.#heartbeat.wake();
    else this.#plan(now);
  }

  #settled(now: number, event: Extract<CoordinatorEvent, { type: "settled" }>): void {
    const session = this.#sessions.current(event);
    if (session === undefined) return;
    const { state } = session;
    if (event.outcome === "finished" && state !== "ended") {
      this.#sessions.forget(session, "finished");
      this.#heartbeat.wake();
    } else if (state === "draining") {
      this.#sessions.giveBack(session.grant, this.#planner.successor(event.key, now));
      this.#sessions.forget(session, session.end ?? "handoff");
    } else if (state === "running") {
      // It failed, or returned for no reason. The lease rests with us: at once elsewhere the same record would fail again.
      session.state = "pausing";
      session.end = "failed";
      session.deadlineMs = now + this.#pauseMs(event.key) * (1 + this.#jitter());
    } else {
      this.#sessions.forget(session, session.end ?? "lost");
    }
    this.#plan(now);
  }

  /** How long the lease rests whose consumer has just failed. */
  #pauseMs(key: LeaseKey): number {
    const before = this.#failures.get(key) ?? 0;
    this.#failures.set(key, before + 1);
    const { failurePauseMs } = this.#settings;
    return Math.min(failurePauseMs * 2 ** Math.min(before, 20), Math.max(failurePauseMs, FAILURE_PAUSE_MAX_MS));
  }

  #listed({ stream, shards }: Extract<CoordinatorEvent, { type: "listed" }>): void {
    const settings = this.#streams.get(stream);
    assert(settings !== undefined, "only streams of ours are listed");
    if (this.#phase !== "running") return;
    const plan: ShardSync = planShardSync(shards, this.#table.leases, stream, settings.initialPosition);
    for (const key of plan.remove) this.#failures.delete(key);
    if (plan.remove.length > 0) this.#commands.push({ type: "delete", keys: plan.remove });
    if (plan.create.length === 0) return;
    this.#commands.push({ type: "create", leases: plan.create });
    this.#heartbeat.wake();
  }

  /** What passes by itself: our own validity, drains, pauses, consumers without progress, other workers' heartbeats. */
  #watchTime(now: number): void {
    const isValid = now < this.#heartbeat.validUntilMs;
    for (const session of this.#sessions) {
      if (!session.isHeld) continue;
      if (!isValid) {
        this.#sessions.abort(session, "lost");
      } else if (now >= session.deadlineMs || now >= this.#hungMs(session)) {
        this.#sessions.giveBack(session.grant, this.#planner.successor(session.grant.key, now));
        if (session.state === "pausing") this.#sessions.forget(session, "failed");
        else this.#sessions.abort(session, "hung");
      }
    }
    if (now >= this.#planner.nextMs) this.#plan(now);
  }

  /** When a session that shows no further sign of life hangs. */
  #hungMs(session: HeldSession): number {
    return session.state === "pausing" ? Infinity : session.lastProgressMs + this.#settings.progressTimeoutMs;
  }

  #plan(now: number): void {
    const isValid = now < this.#heartbeat.validUntilMs && this.#table.isLive(this.#settings.worker, now);
    if (this.#phase !== "running" || !isValid) return this.#planner.rest(now);
    const plan = this.#planner.plan(now, this.#heartbeat.pictureMs, (key) => this.#sessions.has(key));
    if (plan.wanted.length > 0 && !this.#acquiring) {
      this.#acquiring = true;
      this.#commands.push({ type: "acquire", keys: plan.wanted });
    }
    if (plan.asked.length > 0) this.#commands.push({ type: "handoff", leases: plan.asked });
    if (plan.isOutdated) this.#heartbeat.wake();
  }

  #mayRenew(now: number): void {
    if (this.#phase === "leaving" || !this.#heartbeat.isDue(now)) return;
    const { worker, leaseTtlMs } = this.#settings;
    const { held } = this.#sessions;
    this.#heartbeat.sent(now, new Map(held.map(({ grant }) => [grant.key, grant.incarnation])));
    this.#commands.push({
      type: "renew",
      request: {
        worker,
        ttlMs: leaseTtlMs,
        held: held.map((session) => {
          const rate = session.newRate(now, this.#heartbeat.periodMs / 2);
          return rate === undefined ? session.grant : { ...session.grant, bytesPerSecond: rate };
        }),
        cursor: this.#table.cursor,
        turns: this.#phase === "running" ? this.#turns() : [],
      },
    });
  }

  #turns(): { name: string; periodMs: number }[] {
    // Without a whole table a hole means nothing.
    if (this.#table.cursor === undefined) return [];
    const { shardSyncPeriodMs } = this.#settings;
    return [...this.#streams.keys()].flatMap((stream) => [
      { name: `sync:${stream}`, periodMs: shardSyncPeriodMs },
      ...(hasHole(this.#table.leases.values(), stream)
        ? [{ name: `repair:${stream}`, periodMs: REPAIR_PERIOD_MS }]
        : []),
    ]);
  }

  /** A taking that is on its way is waited for: left to itself it would leave a lease under the name of a worker that is gone. */
  #mayLeave(now: number): void {
    if (this.#phase === "stopping") {
      const { held } = this.#sessions;
      if ((held.length > 0 || this.#acquiring) && now < this.#departure.deadlineMs) return;
      this.#phase = "leaving";
      this.#departure.begin(
        now,
        held.map(({ grant }) => ({ ...grant, to: this.#planner.successor(grant.key, now) })),
      );
      for (const session of held) this.#sessions.abort(session, "hung");
    }
    if (this.#phase !== "leaving" || !this.#departure.isDue(now)) return;
    this.#commands.push({ type: "leave", leases: this.#departure.sent() });
  }

  #over(reason: "left" | "store-emptied"): void {
    this.#phase = "over";
    this.#commands.push({ type: "stopped", reason });
  }

  #nextMs(now: number): number {
    if (this.#phase === "leaving") return Math.max(this.#departure.nextMs, now);
    let next = Math.min(this.#heartbeat.nextMs, this.#planner.nextMs, this.#departure.deadlineMs);
    for (const session of this.#sessions) {
      if (!session.isHeld) continue;
      next = Math.min(next, this.#heartbeat.validUntilMs, session.deadlineMs, this.#hungMs(session));
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
