/**
 * Whether this process coordinates. It campaigns, acts while it is elected, and stands by when it is not: then it refuses all
 * calls with NOT_READY and holds nothing of the cluster's state. A deposed coordinator stops acting in the turn in which its
 * mandate is over; what it had on its way to the store is refused there, and storage nodes refuse its term.
 */
import { ServiceError, sleep, type Clock } from "@millrace/base";
import { GatedService, type CoordinatorHandlers } from "@millrace/rpc";
import type { Logger, MetricsRegistry } from "@millrace/runtime";
import type { Mandate, MetadataElection } from "../store/metadata-election.ts";
import type { MetadataStore } from "../store/metadata-store.ts";
import type { Coordinator } from "./coordinator.ts";

/** What the seat works with. */
export interface SeatParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: MetricsRegistry;
  /** Loads the metadata and begins a term; `onFatal` hears of a store that failed. */
  readonly open: (store: MetadataStore, onFatal: (error: ServiceError) => void) => Promise<Coordinator>;
  /** The store failed and there is no further election: the process must end. */
  readonly onFatal: (error: ServiceError) => void;
}

/** Before the next campaign after metadata that could not be opened. */
const REOPEN_MS = 1_000;
/** Longer than a leader takes to resign for another and that one to open. */
const CONCLUDE_LIMIT_MS = 3_000;
const CONCLUDE_LOOK_MS = 20;
const standingBy = new ServiceError("NOT_READY", "standing by: another coordinator is elected, or about to be");

/** See the file comment. */
export class CoordinatorSeat {
  /** Handlers for `serveRpc`. */
  readonly service: GatedService;
  readonly #parts: SeatParts;
  readonly #stop = new AbortController();
  #active: { readonly coordinator: Coordinator; readonly mandate: Mandate } | undefined;
  #election: MetadataElection | undefined;
  #campaigning: Promise<void> | undefined;
  /** Why this coordinator could not act when it was elected last. */
  #unopened: string | undefined;

  constructor(parts: SeatParts) {
    this.#parts = parts;
    const always: Pick<CoordinatorHandlers, "FindActive"> = {
      FindActive: (call, callback) => {
        const find = this.#acting()?.handlers.FindActive;
        if (find === undefined) callback(null, { active: false, coordinatorTerm: 0 });
        else find(call, callback);
      },
    };
    this.service = new GatedService("Coordinator", () => this.#acting()?.handlers ?? standingBy, always);
    parts.registry.gauge({
      name: "coordinator_active",
      help: "1 while this is the elected coordinator, 0 while it stands by.",
      collect: (gauge) => gauge.set(this.#acting() === undefined ? 0 : 1),
    });
  }

  /** Begins. The only coordinator there is acts when this resolves; it rejects when the metadata cannot be opened. */
  async start(election: MetadataElection): Promise<void> {
    this.#election = election;
    if (election.again) {
      this.#campaigning = this.#campaignForEver(election);
      return;
    }
    const mandate = await election.campaign(this.#stop.signal);
    if (mandate !== undefined) await this.#take(mandate, this.#parts.onFatal);
  }

  /** ok: it acts, or stands by and could act if it were elected. */
  readiness(): { readonly ok: boolean; readonly why?: string } {
    if (this.#acting() !== undefined) return { ok: true };
    const why = this.#unopened ?? this.#election?.trouble();
    return why === undefined && this.#election !== undefined ? { ok: true } : { ok: false, why: why ?? "starting" };
  }

  /** To be called every 100 ms. */
  tick(): void {
    this.#acting()?.tick();
  }

  /**
   * Before {@link stop}: finishes what would leave shards without a leader until the next coordinator comes. What does not end
   * in seconds, as with members that do not answer, is left to that one.
   */
  async conclude(): Promise<void> {
    const { clock } = this.#parts;
    const endMs = clock.monotonicMs() + CONCLUDE_LIMIT_MS;
    while (this.#acting()?.conclude() === false && clock.monotonicMs() < endMs) await sleep(clock, CONCLUDE_LOOK_MS);
  }

  /** Begins nothing more; calls are still answered. */
  stop(): void {
    this.#stop.abort();
    this.#active?.coordinator.stop();
  }

  /** Finishes what is being written and gives the seat up. */
  async close(): Promise<void> {
    this.stop();
    await this.#campaigning;
    await this.#active?.coordinator.close();
    await this.#election?.close();
  }

  /** The mandate is asked each time: a process that was stopped learns of its end by the clock first. */
  #acting(): Coordinator | undefined {
    return this.#active?.mandate.isValid() === true ? this.#active.coordinator : undefined;
  }

  async #take(mandate: Mandate, onFatal: (error: ServiceError) => void): Promise<void> {
    this.#active = { mandate, coordinator: await this.#parts.open(mandate.store, onFatal) };
  }

  async #campaignForEver(election: MetadataElection): Promise<void> {
    const { clock, logger } = this.#parts;
    const { signal } = this.#stop;
    const stopped = new Promise<undefined>((resolve) => {
      signal.addEventListener("abort", () => resolve(undefined), { once: true });
    });
    for (;;) {
      const mandate = await election.campaign(signal);
      if (mandate === undefined) return;
      let acting: { readonly failed: Promise<string> };
      try {
        acting = await this.#takeUntilFailure(mandate);
      } catch (thrown) {
        const error = ServiceError.from(thrown);
        this.#unopened = `elected, but the metadata cannot be opened: ${error.message}`;
        logger.error({ error }, "elected, but the metadata cannot be opened");
        await mandate.store.close();
        await sleep(clock, REOPEN_MS, signal);
        continue;
      }
      this.#unopened = undefined;
      logger.info({}, "elected");
      const why = await Promise.race([mandate.over, acting.failed, stopped]);
      if (why === undefined) return;
      logger.warn({ why }, "deposed; standing by");
      await this.#leave();
    }
  }

  /** Answers a promise of the reason for which the store failed. */
  async #takeUntilFailure(mandate: Mandate): Promise<{ readonly failed: Promise<string> }> {
    let announce: ((why: string) => void) | undefined;
    const failed = new Promise<string>((resolve) => (announce = resolve));
    await this.#take(mandate, (error) => announce?.(error.message));
    return { failed };
  }

  async #leave(): Promise<void> {
    const active = this.#active;
    this.#active = undefined;
    // First: streams that end because of us say nothing about the nodes at their other end.
    active?.coordinator.stop();
    this.service.endStreams(standingBy);
    await active?.coordinator.close();
  }
}
