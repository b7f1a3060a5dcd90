/**
 * What all parts of the epoch machine share: the phase, what is remembered from attempt to attempt, and the ways to begin the next
 * one. What may happen in which phase is decided in the files that are named after it.
 */
import type { ReplicaPlace, SetChange } from "../state/cluster-state.ts";
import { AskedMembers } from "./asked-members.ts";
import type { SealAnswer } from "./choose-replica.ts";
import type { EpochCommand, EpochContext } from "./epoch-step.ts";

/** Pauses between attempts: none before the second, then doubling from here. */
const PAUSE_MS = 100;
const PAUSE_MAX_MS = 5_000;

/** What is under way for the shard. idle: nothing, the record is the truth. */
export type Phase =
  | { readonly name: "idle" }
  | {
      readonly name: "creating";
      readonly confirmed: Set<string>;
      readonly leader: string;
      /** When a majority had confirmed; Infinity before. */
      enoughMs: number;
    }
  | { readonly name: "handingOver"; readonly nodeId: string; readonly to: string; readonly deadlineMs: number }
  | { readonly name: "burning"; readonly toEpoch: number }
  | { readonly name: "sealing"; readonly answers: Map<string, SealAnswer>; readonly since: number }
  | { readonly name: "recovering"; readonly chosen: SealAnswer; readonly deadlineMs: number }
  | { readonly name: "activating"; readonly nodeId: string; lost: boolean }
  | { readonly name: "pausing"; readonly untilMs: number };

/** See the file comment. */
export class EpochCore {
  phase: Phase = { name: "idle" };
  /** The epoch of the attempt under way; answers that carry another one are late. */
  epoch = 0;
  attempts = 0;
  /** Node that failed as a leader just now, or is to lead no more; empty for none. */
  avoid = "";
  /** Node that is to lead if it is as good as the others; empty for none. */
  prefer = "";
  /** A follower became suspect in the epoch that is being opened: once open it makes way for the next. */
  repairDue = false;
  /** The change this attempt is to install. The next attempt, should this one fail, brings the old set back to work. */
  change: SetChange | undefined;
  /** Highest promise heard of: after lost metadata, epochs up to it may be taken. */
  promisedFloor = 0;
  /** Members without whose confirmed replica the shard went on from its creation. */
  unconfirmed: readonly string[] = [];
  readonly asked: AskedMembers = new AskedMembers();
  /** Of the step under way. */
  context: EpochContext;
  out: EpochCommand[] = [];

  constructor(context: EpochContext) {
    this.context = context;
  }

  enter(phase: Phase): void {
    this.phase = phase;
    this.asked.clear();
  }

  /** Begins an attempt with an epoch above all that may have been used. */
  burn(): void {
    const fromEpoch = this.context.record.epoch;
    const toEpoch = Math.max(fromEpoch, this.promisedFloor) + 1;
    this.repairDue = false;
    this.enter({ name: "burning", toEpoch });
    this.out.push({ type: "burn", fromEpoch, toEpoch });
  }

  /** The attempt failed: a higher epoch, at once the first time, after a growing pause then. */
  again(): void {
    this.change = undefined;
    this.prefer = "";
    this.attempts += 1;
    if (this.attempts === 1) this.burn();
    else this.pause();
  }

  /** Between the half and the whole of the time due, so that shards which failed together do not come back together. */
  pause(): void {
    const pauseMs = Math.min(PAUSE_MS * 2 ** Math.min(this.attempts, 20), PAUSE_MAX_MS);
    this.enter({ name: "pausing", untilMs: this.context.nowMs + pauseMs * (0.5 + this.context.jitter() / 2) });
  }
}

/** The member of `set` on a node. */
export function memberOf(set: readonly ReplicaPlace[], nodeId: string): ReplicaPlace | undefined {
  return set.find((member) => member.nodeId === nodeId);
}
