/**
 * Storage.Read and Storage.Locate: committed records only. An answer that claims to reach the tip, or the end of the
 * shard, is proven fresh by a majority; any other needs no proof, since what is committed never changes.
 */
import { type Clock } from "@millrace/base";
import type { LogStore } from "@millrace/log-store";
import type { LocateReply, LocateRequest__Output, ReadChunk, ReadRequest__Output } from "@millrace/rpc";
import type { StatusName } from "../append/append-outcome.ts";
import type { HeldReplica } from "../replica/held-replica.ts";
import type { ReplicaHost } from "../replica/replica-host.ts";
import type { FreshnessRounds } from "./freshness-rounds.ts";
import { chunkOfFailure, failedChunk, missingFrame, sliceChunk } from "./read-answer.ts";
import { ReadLimit } from "./read-limit.ts";
import { sliceFrames, type SliceBudget } from "./slice-frames.ts";

/** Bytes of frames in one chunk; a larger single frame travels alone. */
export const CHUNK_BYTES_MAX: number = 512 * 1024;
/** A read this close to the tip will probably reach it: its freshness round starts at once. */
const NEAR_TIP_RECORDS = 10_000;
/** Reads served at the same time; each holds about two chunks. */
const READS_MAX = 1024;

/** What reads work with. */
export interface ReadServiceParts {
  readonly host: ReplicaHost;
  readonly logStore: LogStore;
  readonly clock: Clock;
  readonly freshness: FreshnessRounds;
  readonly limitsOn: boolean;
  readonly leaderHint: (shardUid: number) => string;
  readonly onRead: (held: HeldReplica, records: number, userBytes: number) => void;
  /** A call was refused by the shard's limit. */
  readonly onThrottled: (held: HeldReplica) => void;
  /** How far behind the tip a reader is, in milliseconds. */
  readonly onAge: (held: HeldReplica, behindMs: number) => void;
}

/** See the file comment. */
export class ReadService {
  readonly #parts: ReadServiceParts;
  readonly #limits = new Map<number, ReadLimit>();
  #running = 0;

  constructor(parts: ReadServiceParts) {
    this.#parts = parts;
  }

  /** The chunks of one read, the last with `last` set. Stop iterating to cancel. */
  async *read(request: ReadRequest__Output): AsyncGenerator<ReadChunk, void> {
    const held = this.#parts.host.get(request.shardUid);
    const refusal = this.#refusal(held, request.shardUid) ?? this.#throttle(request);
    if (held !== undefined && refusal === "THROTTLED") this.#parts.onThrottled(held);
    if (held === undefined || refusal !== undefined) {
      yield failedChunk(refusal ?? "UNKNOWN_SHARD", this.#parts.leaderHint(request.shardUid));
      return;
    }
    this.#running += 1;
    try {
      yield* this.#readHeld(held, request);
    } catch (error) {
      yield await chunkOfFailure(this.#parts.host, held, error);
    } finally {
      this.#running -= 1;
    }
  }

  /** Resolves LATEST or a time to an offset. */
  async locate(request: LocateRequest__Output): Promise<LocateReply> {
    const { host, freshness, logStore, leaderHint } = this.#parts;
    const held = host.get(request.shardUid);
    const refusal = this.#refusal(held, request.shardUid);
    if (held === undefined || refusal !== undefined) {
      return { status: refusal ?? "UNKNOWN_SHARD", leaderHint: leaderHint(request.shardUid) };
    }
    if (
      request.countsAgainstLimits &&
      this.#limitOf(request.shardUid)?.tryIterator(this.#parts.clock.monotonicMs()) === false
    ) {
      this.#parts.onThrottled(held);
      return { status: "THROTTLED" };
    }
    if (request.what === "NOTHING") return { status: "STATUS_OK" };
    const { replica } = held;
    const located = request.what === "TIME" ? await logStore.locateTime(held.shardUid, request.timeMs) : undefined;
    const atTip = located === undefined || located >= replica.commitOffset;
    if (atTip && !(await freshness.confirm(held))) return this.#unproven(held);
    if (!held.serving) return this.#unproven(held);
    const { commitOffset, logStart, closed } = replica;
    const offset = Math.max(logStart, Math.min(located ?? commitOffset, commitOffset));
    return { status: "STATUS_OK", offset, trimOffset: logStart, commitOffset, closed };
  }

  /** Forgets the limits of a shard no longer led here. */
  steppedDown(shardUid: number): void {
    this.#limits.delete(shardUid);
  }

  async *#readHeld(held: HeldReplica, request: ReadRequest__Output): AsyncGenerator<ReadChunk, void> {
    const { logStore, freshness, clock } = this.#parts;
    const { replica } = held;
    let next = Math.max(request.fromOffset, replica.logStart);
    const near = replica.commitOffset - next <= Math.min(NEAR_TIP_RECORDS, request.maxRecords);
    const round = near ? freshness.confirm(held) : undefined;
    const budget: SliceBudget = { records: request.maxRecords, userBytes: request.maxBytes, empty: true };
    let pending: ReadChunk | undefined;
    let [records, userBytes] = [0, 0];
    let full = false;
    while (!full && next < replica.commitOffset) {
      const { frames } = await logStore.read(held.shardUid, next, CHUNK_BYTES_MAX);
      if (!held.serving) {
        yield failedChunk("NOT_LEADER", this.#parts.leaderHint(held.shardUid));
        return;
      }
      const slice = sliceFrames(frames, next, replica.commitOffset, budget);
      full = slice.full;
      if (slice.endOffset === next && !full) {
        // Trimmed while reading: go on where the shard begins now. Else the log lacks what it says it holds.
        if (replica.logStart <= next) throw missingFrame(held, next);
        next = replica.logStart;
        continue;
      }
      if (pending) yield pending;
      pending = slice.endOffset > next ? sliceChunk(next, slice) : undefined;
      next = slice.endOffset;
      records += slice.records;
      userBytes += slice.userBytes;
    }
    if (request.countsAgainstLimits) this.#limits.get(held.shardUid)?.took(userBytes, clock.monotonicMs());
    this.#parts.onRead(held, records, userBytes);
    const atTip = next >= replica.commitOffset;
    if (atTip && !(await (round ?? freshness.confirm(held)))) {
      yield failedChunk(this.#whyUnproven(held));
      return;
    }
    const endOfShard = atTip && replica.closed && next >= replica.commitOffset;
    const millisBehindLatest = await this.#millisBehind(held, next, atTip, endOfShard);
    if (request.countsAgainstLimits) this.#parts.onAge(held, atTip ? 0 : millisBehindLatest);
    yield {
      status: "STATUS_OK",
      firstOffset: next,
      ...pending,
      nextOffset: next,
      last: true,
      endOfShard,
      millisBehindLatest,
      trimOffset: replica.logStart,
    };
  }

  async #millisBehind(held: HeldReplica, next: number, atTip: boolean, endOfShard: boolean): Promise<number> {
    const nowMs = this.#parts.clock.nowMs();
    if (endOfShard) return Math.max(0, nowMs - held.lastArrivalMs);
    if (atTip) return 0;
    const { frames } = await this.#parts.logStore.read(held.shardUid, next, 1);
    const [first] = frames;
    return first === undefined ? 0 : Math.max(1, nowMs - first.header.arrivalMs);
  }

  #refusal(held: HeldReplica | undefined, shardUid: number): StatusName | undefined {
    if (held === undefined) return this.#parts.leaderHint(shardUid) === "" ? "UNKNOWN_SHARD" : "NOT_LEADER";
    if (!held.serving) return "NOT_LEADER";
    return this.#running >= READS_MAX ? "OVERLOADED" : undefined;
  }

  #throttle(request: ReadRequest__Output): StatusName | undefined {
    const limit = request.countsAgainstLimits ? this.#limitOf(request.shardUid) : undefined;
    return limit?.tryCall(this.#parts.clock.monotonicMs()) === false ? "THROTTLED" : undefined;
  }

  /** What readers of the shard have taken; undefined while nothing is limited. */
  #limitOf(shardUid: number): ReadLimit | undefined {
    if (!this.#parts.limitsOn) return undefined;
    const limit = this.#limits.get(shardUid) ?? new ReadLimit(this.#parts.clock.monotonicMs());
    this.#limits.set(shardUid, limit);
    return limit;
  }

  #whyUnproven(held: HeldReplica): StatusName {
    return held.serving ? "NO_QUORUM" : "NOT_LEADER";
  }

  #unproven(held: HeldReplica): LocateReply {
    return { status: this.#whyUnproven(held), leaderHint: this.#parts.leaderHint(held.shardUid) };
  }
}
