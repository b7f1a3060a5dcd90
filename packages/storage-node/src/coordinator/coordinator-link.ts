/**
 * This node's side of its coordinator: registration, heartbeats every 250 ms, and the events they carry. Its loss stops
 * nothing on the data path; everything here is tried again for ever.
 */
import { type ClockAgreement, ServiceError, sleep, type Random, type TimerHandle } from "@millrace/base";
import {
  callUnary,
  type ActiveCoordinator,
  type KnownCoordinator,
  type NodeDirective__Output,
  type RegisterRequest,
} from "@millrace/rpc";
import type { Logger } from "@millrace/runtime";
import type { CoordinatorTerm } from "../control/coordinator-term.ts";
import { NodeReporter, type NodeReportParts } from "./node-report.ts";
import { retryForever } from "./retry-loop.ts";

/** The search goes on by itself; this only bounds one wait for it. */
const FIND_TIMEOUT_MS = 30_000;
const REGISTER_DEADLINE_MS = 5000;
const HEARTBEAT_MS = 250;
/** Events hurry the next report: a failover must not wait for a heartbeat. Short, so that many shards share a report. */
const EVENT_GATHER_MS = 5;
/** How long a stopping node waits for its leaders to be moved, and for the first word about it. */
const HAND_OVER_DEADLINE_MS = 10_000;
const FIRST_WORD_DEADLINE_MS = 1_000;
const LOOK_AGAIN_MS = 10;
/** Reports the coordinator has not answered after which the stream is given up. */
const UNANSWERED_MAX = 40;

/** What the link works with. */
export interface CoordinatorLinkParts extends NodeReportParts {
  readonly random: Random;
  readonly logger: Logger;
  readonly coordinator: ActiveCoordinator;
  readonly term: CoordinatorTerm;
  readonly agreement: ClockAgreement;
  readonly registration: () => RegisterRequest;
  /** The cluster id this node belongs to, learned or confirmed. Rejects when it cannot be stored. */
  readonly onRegistered: (clusterId: string) => Promise<void>;
  /** The coordinator said, with these words, that the node was decommissioned and is never taken back. */
  readonly onRetired: (why: string) => void;
}

/** See the file comment. */
export class CoordinatorLink {
  readonly #parts: CoordinatorLinkParts;
  #registered = false;
  #refusal: string | undefined;
  #stopping = false;
  /** What the coordinator said of a report that asked to stop; undefined before. */
  #stay: boolean | undefined;
  #hurry: (() => void) | undefined;

  constructor(parts: CoordinatorLinkParts) {
    this.#parts = parts;
  }

  get registered(): boolean {
    return this.#registered;
  }

  /** Why the coordinator last refused this node; undefined when it did not. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** Registers and heartbeats until `signal` aborts. */
  run(signal: AbortSignal): Promise<void> {
    const { clock, random, coordinator } = this.#parts;
    return retryForever({ clock, random, signal }, async () => {
      const known = await coordinator.find(FIND_TIMEOUT_MS, signal);
      if (known === undefined) return false;
      if (!this.#registered && !(await this.#register(known))) return false;
      return this.#heartbeat(known, signal);
    });
  }

  /**
   * Asks the coordinator to move what is led here and resolves when it says that there is nothing to wait for, or does not
   * say anything.
   */
  async handOverLeaders(): Promise<void> {
    if (!this.#registered) return;
    const { clock } = this.#parts;
    const sinceMs = clock.monotonicMs();
    this.#stopping = true;
    this.#hurry?.();
    while (this.#stay !== false) {
      const waitedMs = clock.monotonicMs() - sinceMs;
      if (waitedMs > (this.#stay === undefined ? FIRST_WORD_DEADLINE_MS : HAND_OVER_DEADLINE_MS)) return;
      await sleep(clock, LOOK_AGAIN_MS);
    }
  }

  async #register(known: KnownCoordinator): Promise<boolean> {
    const { coordinator, registration, term, logger, onRegistered, onRetired } = this.#parts;
    const { client } = known;
    try {
      const register = client.register.bind(client) as Parameters<typeof callUnary<RegisterRequest, Reply>>[0];
      const reply = await callUnary(register, registration(), REGISTER_DEADLINE_MS);
      if (!reply.accepted) {
        this.#refusal = reply.why;
        logger.error({ why: reply.why }, "the coordinator refuses this node");
        if (reply.retired) onRetired(reply.why);
        return false;
      }
      this.#refusal = undefined;
      term.accept(reply.coordinatorTerm);
      await onRegistered(reply.clusterId);
      this.#registered = true;
      logger.info({ clusterId: reply.clusterId }, "registered");
      return true;
    } catch (thrown) {
      logger.debug({ error: ServiceError.from(thrown) }, "registration failed, trying again");
      coordinator.doubt(known);
      return false;
    }
  }

  /** Answers whether the coordinator answered at all before the stream ended. */
  #heartbeat(known: KnownCoordinator, signal: AbortSignal): Promise<boolean> {
    const { clock, coordinator, events } = this.#parts;
    const { client, replaced } = known;
    const call = client.heartbeat();
    const reporter = new NodeReporter(this.#parts);
    let answered = 0;
    /** The first report of this stream that asked to stop. */
    let askedIn = Infinity;
    let timer: TimerHandle | undefined;
    return new Promise((resolve) => {
      const stop = (): void => {
        timer?.cancel();
        call.cancel();
      };
      const finish = (): void => {
        timer?.cancel();
        events.onAdded = undefined;
        this.#hurry = undefined;
        signal.removeEventListener("abort", stop);
        replaced.removeEventListener("abort", stop);
        events.resendAll();
        coordinator.doubt(known);
        resolve(answered > 0);
      };
      signal.addEventListener("abort", stop, { once: true });
      replaced.addEventListener("abort", stop, { once: true });
      call.on("data", (directive: NodeDirective__Output) => {
        answered += 1;
        // Directives answer reports one by one: the first `answered` reports have been taken.
        events.accepted(Math.min(answered, reporter.count));
        if (answered >= askedIn) this.#stay = directive.stay;
        if (!this.#follow(directive)) stop();
      });
      call.on("error", finish);
      call.on("end", finish);
      let hurried = false;
      const beat = (): void => {
        hurried = false;
        if (reporter.count - answered > UNANSWERED_MAX) return stop();
        reporter.stopping = this.#stopping;
        call.write(reporter.next());
        if (this.#stopping) askedIn = Math.min(askedIn, reporter.count);
        timer = clock.schedule(HEARTBEAT_MS, beat);
      };
      const hurry = (): void => {
        if (hurried) return;
        hurried = true;
        timer?.cancel();
        timer = clock.schedule(EVENT_GATHER_MS, beat);
      };
      events.onAdded = hurry;
      this.#hurry = hurry;
      beat();
    });
  }

  /** False when the stream must be left to register again. */
  #follow(directive: NodeDirective__Output): boolean {
    const { term, agreement } = this.#parts;
    if (directive.coordinatorTerm < term.highest) return false;
    term.accept(directive.coordinatorTerm);
    agreement.heard("coordinator", directive.coordinatorMs);
    if (directive.registerAgain) this.#registered = false;
    return !directive.registerAgain;
  }
}

interface Reply {
  readonly accepted: boolean;
  readonly why: string;
  readonly clusterId: string;
  readonly coordinatorTerm: number;
  readonly retired: boolean;
}
