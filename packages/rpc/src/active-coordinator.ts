/**
 * Which of the configured coordinators is the elected one. All others are asked all the time, so that the next one is found
 * also when the last one hangs or is cut off without a word.
 */
import { setMaxListeners } from "node:events";
import { ServiceError, type Clock, type TimerHandle } from "@millrace/base";
import { callUnary } from "./call.ts";
import { coordinatorClient } from "./client.ts";
import type { CoordinatorClient } from "./generated/millrace/v1/Coordinator.ts";
import type { FindActiveReply__Output } from "./generated/millrace/v1/FindActiveReply.ts";
import type { FindActiveRequest } from "./generated/millrace/v1/FindActiveRequest.ts";

/** A coordinator that said it is the elected one. */
export interface KnownCoordinator {
  readonly client: CoordinatorClient;
  /** Aborted once another was elected after it: what it has not answered it will not do. */
  readonly replaced: AbortSignal;
}

interface Candidate {
  readonly client: CoordinatorClient;
  asking: boolean;
  refused: boolean;
}

const ASK_TIMEOUT_MS = 1_000;
/** How often all are asked while none is known, and the others while one is. */
const SEARCH_EVERY_MS = 100;
const CHECK_EVERY_MS = 500;

/** See the file comment. Looks from the first use until `close`. */
export class ActiveCoordinator {
  readonly #clock: Clock;
  readonly #onRefused: (error: ServiceError) => void;
  readonly #candidates: readonly Candidate[];
  readonly #waiting = new Set<(known: KnownCoordinator) => void>();
  #known:
    | { readonly candidate: Candidate; readonly replacement: AbortController; readonly known: KnownCoordinator }
    | undefined;
  #highestTerm = 0;
  #timer: TimerHandle | undefined;
  #closed = false;

  /** `addresses`: host:port of every coordinator. `onRefused` hears once of each coordinator that speaks no version of ours. */
  constructor(addresses: readonly string[], clock: Clock, onRefused: (error: ServiceError) => void = () => undefined) {
    this.#clock = clock;
    this.#onRefused = onRefused;
    this.#candidates = addresses.map((address) => ({
      client: coordinatorClient(address),
      asking: false,
      refused: false,
    }));
  }

  /** The elected one, at once or as soon as it is known; undefined after `timeoutMs` or when `signal` aborts. */
  find(timeoutMs: number, signal?: AbortSignal): Promise<KnownCoordinator | undefined> {
    if (this.#known !== undefined) return Promise.resolve(this.#known.known);
    if (this.#closed || signal?.aborted === true) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const finish = (known?: KnownCoordinator): void => {
        timer.cancel();
        this.#waiting.delete(finish);
        signal?.removeEventListener("abort", giveUp);
        resolve(known);
      };
      const giveUp = (): void => finish();
      const timer = this.#clock.schedule(timeoutMs, giveUp);
      signal?.addEventListener("abort", giveUp, { once: true });
      this.#waiting.add(finish);
      if (this.#timer === undefined) this.#look();
    });
  }

  /** `failed` did not serve: it counts as the elected one only when it says so again. */
  doubt(failed: KnownCoordinator): void {
    if (this.#known?.known !== failed) return;
    this.#known = undefined;
    this.#look();
  }

  /** Closes all connections. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    for (const { client } of this.#candidates) client.close();
  }

  #look(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#closed) return;
    for (const candidate of this.#candidates) {
      if (!candidate.asking && candidate !== this.#known?.candidate) void this.#ask(candidate);
    }
    // With one coordinator there is nothing to find while it serves.
    if (this.#known !== undefined && this.#candidates.length === 1) return;
    const everyMs = this.#known === undefined ? SEARCH_EVERY_MS : CHECK_EVERY_MS;
    this.#timer = this.#clock.schedule(everyMs, () => this.#look());
  }

  async #ask(candidate: Candidate): Promise<void> {
    candidate.asking = true;
    const { client } = candidate;
    try {
      const { active, coordinatorTerm } = await callUnary<FindActiveRequest, FindActiveReply__Output>(
        (request, options, done) => client.findActive(request, options, done),
        {},
        ASK_TIMEOUT_MS,
      );
      if (active) this.#follow(candidate, coordinatorTerm);
    } catch (thrown) {
      // Unreachable ones are asked again. One that does not know the question is of a version that has no standbys.
      const error = ServiceError.from(thrown);
      if (error.code === "INTERNAL") this.#follow(candidate, 0);
      if (error.code === "VERSION" && !candidate.refused) this.#onRefused(error);
      candidate.refused = error.code === "VERSION";
    } finally {
      candidate.asking = false;
    }
  }

  /** One that was paused may still say that it is elected: the highest term is right. */
  #follow(candidate: Candidate, term: number): void {
    if (this.#closed || term < this.#highestTerm || this.#known?.candidate === candidate) return;
    if (this.#known !== undefined && term === this.#highestTerm) return;
    this.#highestTerm = term;
    this.#known?.replacement.abort();
    const replacement = new AbortController();
    // Every call under way listens.
    setMaxListeners(0, replacement.signal);
    const known = { client: candidate.client, replaced: replacement.signal };
    this.#known = { candidate, replacement, known };
    for (const finish of this.#waiting) finish(known);
  }
}
