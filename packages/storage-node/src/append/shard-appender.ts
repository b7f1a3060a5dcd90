/**
 * The appends of one shard led here: those that wait for the next frame, and those in frames not yet committed. Lives
 * from the opening of an epoch to the step-down.
 *
 * Invariant: an append is in exactly one of `early`, `waiting` and a flight, and is answered when it leaves.
 */
import { TransitMap, type Clock } from "@millrace/base";
import { encodeFrame, frameEndOffset, frameKind, type AppendId, type FrameKind } from "@millrace/model";
import type { HeldReplica } from "../replica/held-replica.ts";
import type { ReplicaHost } from "../replica/replica-host.ts";
import { refused, type AppendOutcome, type AppendReply, type StatusName } from "./append-outcome.ts";
import type { AppendBudget } from "./append-budget.ts";
import type { WriteLimit } from "./write-limit.ts";
import { cutRecords } from "./check-append.ts";

/** A frame's body stays below this unless a single append is larger: it bounds what a peer must take in one piece. */
const FRAME_BODY_BYTES_MAX = 1024 * 1024;
/** The header counts ids in 16 bits; far fewer keep a frame's work short. */
const FRAME_APPENDS_MAX = 4096;
/** Uncommitted bytes of a shard above which its appends wait: slow peers must not fill the node with one shard's frames. */
const FLIGHT_BYTES_MAX = 3 * 1024 * 1024;

/** Repeats of one append that wait for it; clients give up long before. */
const REPEATS_MAX = 16;

/** An append whose records were checked. */
export interface CheckedAppend {
  readonly records: Buffer;
  readonly recordCount: number;
  readonly userBytes: number;
  /** 16 bytes in hex, or empty when a repeat cannot be recognised. */
  readonly id: string;
  readonly reply: AppendReply;
}

interface WaitingAppend {
  readonly records: Buffer;
  readonly recordCount: number;
  readonly userBytes: number;
  readonly id: string;
  readonly sizeBytes: number;
  /** More than one when the client repeated itself. */
  readonly replies: AppendReply[];
}

interface Flight {
  readonly endOffset: number;
  readonly baseOffset: number;
  readonly arrivalMs: number;
  readonly sizeBytes: number;
  readonly madeMs: number;
  readonly appends: readonly WaitingAppend[];
}

/** What an appender works with. */
export interface ShardAppenderParts {
  readonly host: ReplicaHost;
  readonly clock: Clock;
  readonly budget: AppendBudget;
  readonly limit: WriteLimit | undefined;
  /** Repeats are answered all the same: what they ask about is stored. */
  readonly diskIsFull: () => boolean;
  /** Called when there is something to build. */
  readonly wake: (appender: ShardAppender) => void;
  /** Called for each committed frame: its records, user bytes and milliseconds from making to commit. */
  readonly onFrameCommitted: (appender: ShardAppender, records: number, userBytes: number, ackMs: number) => void;
  /** Records the shard's limit refused. */
  readonly onThrottled: (held: HeldReplica, records: number) => void;
}

/** See the file comment. */
export class ShardAppender {
  readonly held: HeldReplica;
  readonly #parts: ShardAppenderParts;
  #early: CheckedAppend[] | undefined = [];
  #waiting: WaitingAppend[] = [];
  #flights: Flight[] = [];
  #flightBytes = 0;
  readonly #byId = new TransitMap<string, WaitingAppend>();

  constructor(held: HeldReplica, parts: ShardAppenderParts) {
    this.held = held;
    this.#parts = parts;
  }

  get waitingCount(): number {
    return this.#waiting.length + (this.#early?.length ?? 0);
  }

  /** The ids of recent appends are known: what came before is admitted now. */
  ready(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const append of early) {
      this.#parts.budget.release(append.records.length);
      this.admit(append);
    }
  }

  /** Takes the append or answers it at once. */
  admit(append: CheckedAppend): void {
    if (this.#early !== undefined) {
      if (!this.#parts.budget.tryTake(append.records.length)) return append.reply(refused("OVERLOADED"));
      this.#early.push(append);
      return;
    }
    if (append.id !== "" && this.#isRepeat(append)) return;
    if (!this.held.replica.canAppend()) return append.reply(this.#notAppendable());
    if (this.#parts.diskIsFull()) return append.reply(refused("DISK_FULL"));
    const taken = this.#applyLimit(append);
    const throttled = append.recordCount - taken.recordCount;
    if (throttled > 0) this.#parts.onThrottled(this.held, throttled);
    if (taken.recordCount === 0) return append.reply(refused("THROTTLED"));
    const sizeBytes = taken.records.length;
    if (!this.#parts.budget.tryTake(sizeBytes)) return append.reply(refused("OVERLOADED"));
    const { records, recordCount, userBytes } = taken;
    const waiting = { records, recordCount, userBytes, id: append.id, sizeBytes, replies: [append.reply] };
    this.#waiting.push(waiting);
    if (append.id !== "") this.#byId.set(append.id, waiting);
    this.#parts.wake(this);
  }

  /** Makes frames of what waits. Called between steps, when the journal is about to write. */
  build(): void {
    while (this.#waiting.length > 0 && this.#flightBytes < FLIGHT_BYTES_MAX) {
      if (!this.held.replica.canAppend()) return this.#refuseWaiting(this.#notAppendable());
      this.#buildFrame();
    }
  }

  /** Appends a close or trim frame after everything that waits. Answers false when the shard takes no appends. */
  appendMarker(kind: FrameKind, body: Uint8Array): boolean {
    while (this.#waiting.length > 0 && this.held.replica.canAppend()) this.#buildFrame();
    if (!this.held.replica.canAppend()) return false;
    this.#append(kind, 1, 0, [], [body], []);
    return true;
  }

  /** Answers everything below `commitOffset`, in offset order. */
  committed(commitOffset: number): void {
    let done = 0;
    for (const flight of this.#flights) {
      if (flight.endOffset > commitOffset) break;
      done += 1;
      this.#flightBytes -= flight.sizeBytes;
      this.#completeFlight(flight);
    }
    if (done === 0) return;
    this.#flights.splice(0, done);
    if (this.#waiting.length > 0) this.#parts.wake(this);
  }

  /** Leadership is over: what is in the log has an unknown outcome, what is not was not stored. */
  stepDown(leaderHint: string): void {
    const flights = this.#flights;
    this.#flights = [];
    this.#flightBytes = 0;
    for (const flight of flights) {
      for (const append of flight.appends) this.#answer(append, refused("NO_QUORUM"));
    }
    const notLeader = refused("NOT_LEADER", leaderHint);
    this.#refuseWaiting(notLeader);
    const early = this.#early ?? [];
    this.#early = [];
    for (const append of early) {
      this.#parts.budget.release(append.records.length);
      append.reply(notLeader);
    }
  }

  #isRepeat(append: CheckedAppend): boolean {
    const inFlight = this.#byId.get(append.id);
    if (inFlight !== undefined) {
      if (inFlight.replies.length >= REPEATS_MAX) append.reply(refused("OVERLOADED"));
      else inFlight.replies.push(append.reply);
      return true;
    }
    const stored = this.held.recent.find(append.id);
    if (stored === undefined) return false;
    const { baseOffset, recordCount, arrivalMs } = stored;
    const committed = baseOffset + recordCount <= this.held.replica.commitOffset;
    const ok: AppendOutcome = {
      status: "STATUS_OK",
      baseOffset,
      acceptedCount: recordCount,
      arrivalMs,
      leaderHint: "",
    };
    append.reply(committed ? ok : refused("NO_QUORUM"));
    return true;
  }

  #applyLimit(append: CheckedAppend): { records: Buffer; recordCount: number; userBytes: number } {
    const { limit, clock } = this.#parts;
    if (limit === undefined) return append;
    const nowMs = clock.monotonicMs();
    return cutRecords(append.records, append.recordCount, (size) => limit.tryTake(size, nowMs));
  }

  #buildFrame(): void {
    const appends: WaitingAppend[] = [];
    const ids: AppendId[] = [];
    const bodies: Buffer[] = [];
    let bodyBytes = 0;
    let userBytes = 0;
    let recordCount = 0;
    for (const append of this.#waiting) {
      const full = bodyBytes + append.records.length > FRAME_BODY_BYTES_MAX || appends.length >= FRAME_APPENDS_MAX;
      if (full && appends.length > 0) break;
      appends.push(append);
      bodies.push(append.records);
      if (append.id !== "") ids.push({ id: append.id, firstRecord: recordCount, recordCount: append.recordCount });
      bodyBytes += append.records.length;
      userBytes += append.userBytes;
      recordCount += append.recordCount;
    }
    if (appends.length === this.#waiting.length) this.#waiting = [];
    else this.#waiting.splice(0, appends.length);
    this.#append(frameKind.records, recordCount, userBytes, ids, bodies, appends);
  }

  #append(
    kind: FrameKind,
    recordCount: number,
    userBytes: number,
    appendIds: readonly AppendId[],
    bodies: readonly Uint8Array[],
    appends: readonly WaitingAppend[],
  ): void {
    const { host, clock } = this.#parts;
    const next = this.held.replica.nextAppend();
    const { epoch, baseOffset, prevEpoch } = next;
    const arrivalMs = Math.max(next.arrivalFloorMs, clock.nowMs());
    const { shardUid } = this.held;
    const frame = encodeFrame({
      kind,
      shardUid,
      epoch,
      recordCount,
      baseOffset,
      arrivalMs,
      prevEpoch,
      userBytes,
      appendIds,
      bodies,
    });
    const sizeBytes = frame.bytes.length;
    this.#flights.push({
      endOffset: frameEndOffset(frame.header),
      baseOffset,
      arrivalMs,
      sizeBytes,
      appends,
      madeMs: clock.monotonicMs(),
    });
    this.#flightBytes += sizeBytes;
    host.append(this.held, frame);
  }

  #completeFlight(flight: Flight): void {
    let { baseOffset } = flight;
    let userBytes = 0;
    for (const append of flight.appends) {
      const { recordCount } = append;
      userBytes += append.userBytes;
      this.#answer(append, {
        status: "STATUS_OK",
        baseOffset,
        acceptedCount: recordCount,
        arrivalMs: flight.arrivalMs,
        leaderHint: "",
      });
      baseOffset += recordCount;
    }
    const ackMs = this.#parts.clock.monotonicMs() - flight.madeMs;
    if (flight.appends.length > 0) {
      this.#parts.onFrameCommitted(this, flight.endOffset - flight.baseOffset, userBytes, ackMs);
    }
  }

  #answer(append: WaitingAppend, outcome: AppendOutcome): void {
    this.#parts.budget.release(append.sizeBytes);
    if (append.id !== "") this.#byId.delete(append.id);
    for (const reply of append.replies) reply(outcome);
  }

  #refuseWaiting(outcome: AppendOutcome): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const append of waiting) this.#answer(append, outcome);
  }

  #notAppendable(): AppendOutcome {
    const status: StatusName = this.held.role === "leading" ? "SHARD_CLOSED" : "NOT_LEADER";
    return refused(status);
  }
}
