/** The thin shell around {@link LeaseCoordinator}: gives it time and answers, and does what it says. */
import { ServiceError, sleep, type Clock, type Random, type TimerHandle } from "@millrace/base";
import { BatchedRequests } from "../lease/batched-requests.ts";
import type { Lease, LeaseGrant, LeaseKey } from "../lease/lease.ts";
import type { CheckpointAnswer, CheckpointRequest, LeaseStore } from "../lease/lease-store.ts";
import type { LeaseEvents, ShardConsumer } from "../lease/lease-session.ts";
import { ActiveSession, type SessionHost } from "./active-session.ts";
import type { CoordinatorCommand, CoordinatorEvent, CoordinatorSettings, ListedShard } from "./coordinator-contract.ts";
import { LeaseCoordinator } from "./lease-coordinator.ts";

/** Items of one request to the store: bounds how long a script keeps others waiting. */
const BATCH_MAX = 250;
const OPEN_RETRY_MS = 500;

/** What observers of a host hear beside gains and losses. */
export interface LeaseHostEvents extends LeaseEvents {
  /** A heartbeat was answered. */
  onHeartbeat?(durationMs: number): void;
  /** A request failed that will be repeated; `task` says which. */
  onError?(error: ServiceError, task: string): void;
}

/** What a host is made of. */
export interface LeaseHostOptions {
  readonly store: LeaseStore;
  readonly settings: CoordinatorSettings;
  readonly consumer: ShardConsumer;
  /** Every shard of a stream that is listed, all pages. */
  readonly listShards: (stream: string, signal: AbortSignal) => Promise<readonly ListedShard[]>;
  readonly clock: Clock;
  readonly random: Random;
  readonly events?: LeaseHostEvents;
}

/** Why a host has ended: asked to, or because the store lost the leases it had. */
export type HostEnd = "left" | "store-emptied";

/** See the file comment. */
export class LeaseHost {
  /** Resolves when the host holds nothing any more and will do nothing more. */
  readonly ended: Promise<HostEnd>;
  readonly #options: LeaseHostOptions;
  readonly #coordinator: LeaseCoordinator;
  readonly #active = new Map<LeaseKey, ActiveSession>();
  readonly #checkpoints: BatchedRequests<CheckpointRequest, CheckpointAnswer>;
  readonly #releases: BatchedRequests<LeaseGrant & { readonly to: string | undefined }, undefined>;
  readonly #over = new AbortController();
  #lastRelease: Promise<unknown> = Promise.resolve();
  readonly #events: CoordinatorEvent[] = [];
  #timer: TimerHandle | undefined;
  #end: (reason: HostEnd) => void = () => {};
  #opened = false;
  #stopAfterMs: number | undefined;

  constructor(options: LeaseHostOptions) {
    this.#options = options;
    const { store, random } = options;
    this.#coordinator = new LeaseCoordinator(options.settings, () => random.float());
    this.#checkpoints = new BatchedRequests(BATCH_MAX, (items) => store.checkpoint(items));
    this.#releases = new BatchedRequests(BATCH_MAX, async (leases) => {
      await store.release({ leases });
      return leases.map(() => undefined);
    });
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    void this.#begin();
  }

  /** The leases held now. */
  get held(): readonly Lease[] {
    return this.#coordinator.held;
  }

  /** The lease table as this worker knows it. */
  get leases(): ReadonlyMap<LeaseKey, Lease> {
    return this.#coordinator.leases;
  }

  /** Drains every consumer within `deadlineMs`, gives the leases back and ends. Repeated calls wait for the same end. */
  async stop(deadlineMs: number): Promise<HostEnd> {
    if (this.#stopAfterMs === undefined) {
      this.#stopAfterMs = deadlineMs;
      if (this.#opened) this.#step({ type: "stop", deadlineMs });
      else this.#finish("left");
    }
    return await this.ended;
  }

  async #begin(): Promise<void> {
    const { store, clock } = this.#options;
    while (!this.#over.signal.aborted) {
      try {
        await store.open({ create: true });
        break;
      } catch (thrown) {
        const error = this.#report(thrown, "open");
        if (error.code === "CONFLICT" || error.code === "USAGE") return this.#finish("store-emptied");
        await sleep(clock, OPEN_RETRY_MS, this.#over.signal);
      }
    }
    if (this.#over.signal.aborted) return;
    this.#opened = true;
    store.onWake(() => this.#step({ type: "wake" }));
    this.#step({ type: "start" });
  }

  /** One event after the other: what a command causes in the same turn waits until all commands of its event are done. */
  #step(event: CoordinatorEvent): void {
    this.#events.push(event);
    if (this.#events.length > 1) return;
    for (let next = this.#events[0]; next !== undefined; next = this.#events[0]) {
      if (!this.#over.signal.aborted) {
        const commands = this.#coordinator.step(this.#options.clock.monotonicMs(), next);
        for (const command of commands) this.#perform(command);
      }
      this.#events.shift();
    }
  }

  #perform(command: CoordinatorCommand): void {
    const { store, settings, clock, random, events } = this.#options;
    switch (command.type) {
      case "timer":
        this.#timer?.cancel();
        this.#timer = clock.schedule(command.atMs - clock.monotonicMs(), () => this.#step({ type: "tick" }));
        return;
      case "renew": {
        const startMs = clock.monotonicMs();
        return this.#ask("renew", store.renew(command.request), { type: "renew-failed" }, (answer) => {
          events?.onHeartbeat?.(clock.monotonicMs() - startMs);
          return { type: "renewed", answer };
        });
      }
      case "acquire": {
        const request = { worker: settings.worker, incarnation: random.uuid(), keys: command.keys };
        return this.#ask("acquire", store.acquire(request), { type: "acquire-failed" }, (answers) => ({
          type: "acquired",
          answers,
        }));
      }
      case "handoff":
        return this.#ask("handoff", store.requestHandoff({ to: settings.worker, leases: command.leases }));
      case "release":
        return this.#release(command.lease);
      case "create":
        return this.#ask("create", store.create(command.leases));
      case "delete":
        return this.#ask("delete", store.delete(command.keys));
      case "list": {
        const { stream } = command;
        const listing = this.#options.listShards(stream, this.#over.signal);
        return this.#ask(`list ${stream}`, listing, undefined, (shards) => ({ type: "listed", stream, shards }));
      }
      case "begin":
        return void this.#consume(command.lease);
      case "drain":
        return this.#active.get(command.key)?.drain();
      case "abort":
        return this.#active.get(command.key)?.abort();
      case "ended":
        this.#active.delete(command.lease.key);
        return events?.onLeaseLost?.(command.lease, command.end);
      case "leave": {
        for (const lease of command.leases) this.#release(lease);
        // Releases travel in order: when the last one is done, all are.
        const leaving = this.#lastRelease.then(() => store.release({ leases: [], leaving: settings.worker }));
        return this.#ask("leave", leaving, { type: "leave-failed" }, () => ({ type: "left" }));
      }
      case "stopped":
        return this.#finish(command.reason);
    }
  }

  #release(lease: LeaseGrant & { readonly to: string | undefined }): void {
    const work = this.#releases.push(lease);
    this.#lastRelease = work.catch(() => undefined);
    this.#ask("release", work);
  }

  /** Turns the outcome of a request into an event, or a report. */
  #ask<T>(task: string, work: Promise<T>, failed?: CoordinatorEvent, done?: (answer: T) => CoordinatorEvent): void {
    work.then(
      (answer) => {
        if (done !== undefined) this.#step(done(answer));
      },
      (thrown: unknown) => {
        // What was on its way when this worker left is cut off with the connection.
        if (this.#over.signal.aborted) return;
        const error = this.#report(thrown, task);
        if (error.ids["reason"] === "store-emptied") this.#step({ type: "store-emptied" });
        else if (failed !== undefined) this.#step(failed);
      },
    );
  }

  async #consume(lease: Lease): Promise<void> {
    const { consumer, events } = this.#options;
    const session = new ActiveSession(lease, this.#sessionHost());
    this.#active.set(lease.key, session);
    events?.onLeaseGained?.(session);
    let outcome: "finished" | "returned" | "failed" = "returned";
    try {
      await consumer(session);
    } catch (thrown) {
      outcome = "failed";
      // A session that has lost its lease may end in any way.
      if (!session.signal.aborted) this.#report(thrown, `consume ${lease.key}`);
    }
    if (session.isFinished) outcome = "finished";
    this.#step({ type: "settled", key: lease.key, incarnation: session.incarnation, outcome });
  }

  #sessionHost(): SessionHost {
    const { store } = this.#options;
    return {
      checkpoint: (request) => this.#checkpoints.push(request),
      finish: (grant, children) => store.finish({ ...grant, children }),
      stored: ({ key, incarnation }, position) => this.#step({ type: "stored", key, incarnation, position }),
      refused: ({ key, incarnation }) => this.#step({ type: "refused", key, incarnation }),
      progress: ({ key, incarnation }, bytes) => this.#step({ type: "progress", key, incarnation, bytes }),
    };
  }

  #report(thrown: unknown, task: string): ServiceError {
    const error = ServiceError.from(thrown);
    this.#options.events?.onError?.(error, task);
    return error;
  }

  #finish(reason: HostEnd): void {
    this.#over.abort();
    this.#timer?.cancel();
    for (const session of this.#active.values()) session.abort();
    this.#end(reason);
  }
}
