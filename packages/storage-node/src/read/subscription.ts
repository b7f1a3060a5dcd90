/**
 * Storage.Subscribe: pushes committed frames from the log as they commit. The log is the buffer: a reader that does not
 * take its chunks costs one chunk of memory, and goes on where it stopped.
 *
 * A subscription ends with a NOT_LEADER chunk when this node no longer leads the epoch it began in, or when no majority
 * has confirmed that for {@link FRESHNESS_AGE_MAX_MS}: a reader must not sit on a node the others have left behind. With a
 * CONFLICT chunk it ends when another subscription has taken its consumer's place.
 */
import { sleep, type Clock } from "@millrace/base";
import type { LogStore } from "@millrace/log-store";
import { TokenBucket } from "@millrace/model";
import type { ClaimReply, ClaimRequest__Output, ReadChunk, SubscribeRequest__Output } from "@millrace/rpc";
import type { HeldReplica } from "../replica/held-replica.ts";
import type { ReplicaHost } from "../replica/replica-host.ts";
import { CallRate } from "./call-rate.ts";
import type { CommitSignal } from "./commit-signal.ts";
import { ConsumerPlaces } from "./consumer-places.ts";
import type { FreshnessRounds } from "./freshness-rounds.ts";
import { chunkOfFailure, failedChunk, missingFrame, sliceChunk } from "./read-answer.ts";
import { READ_BYTES_PER_SECOND } from "./read-limit.ts";
import { CHUNK_BYTES_MAX } from "./read-service.ts";
import { sliceFrames, type FrameSlice } from "./slice-frames.ts";

const EMPTY_CHUNK_EVERY_MS = 4000;
const LIMIT_CHECK_MS = 20;
const FRESHNESS_EVERY_MS = 800;
const FRESHNESS_AGE_MAX_MS = 2000;
/** Subscriptions of one node. Policy when full: OVERLOADED. */
const SUBSCRIPTIONS_MAX = 10_000;

/** What subscriptions work with. */
export interface SubscriptionParts {
  readonly host: ReplicaHost;
  readonly logStore: LogStore;
  readonly clock: Clock;
  readonly freshness: FreshnessRounds;
  readonly signal: CommitSignal;
  readonly limitsOn: boolean;
  readonly leaderHint: (shardUid: number) => string;
  readonly onRead: (held: HeldReplica, records: number, userBytes: number) => void;
}

/** See the file comment. One for the node. */
export class Subscriptions {
  readonly #parts: SubscriptionParts;
  readonly #places: ConsumerPlaces;
  readonly #rate = new CallRate();
  #running = 0;

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
    this.#places = new ConsumerPlaces(parts.limitsOn);
  }

  get running(): number {
    return this.#running;
  }

  /** Takes a consumer's place on a shard for a subscription to come. With limits on a second call within a second is refused. */
  claim(request: ClaimRequest__Output): ClaimReply {
    const { host, leaderHint, limitsOn, clock } = this.#parts;
    const { shardUid, consumerArn, claimId, dryRun } = request;
    if (host.get(shardUid)?.serving !== true) return { status: "NOT_LEADER", leaderHint: leaderHint(shardUid) };
    if (limitsOn && !this.#rate.allows(`${shardUid}/${consumerArn}`, clock.monotonicMs()))
      return { status: "THROTTLED" };
    const claimedMs = clock.nowMs();
    const taken = dryRun || this.#places.claim(shardUid, consumerArn, claimId, claimedMs);
    return taken ? { status: "STATUS_OK", claimedMs } : { status: "CONFLICT" };
  }

  /** Forgets the places on a shard no longer led here. */
  steppedDown(shardUid: number): void {
    this.#places.forget(shardUid);
  }

  /** The chunks of one subscription until `abort`, the end of the shard or of this node's leadership. */
  async *subscribe(request: SubscribeRequest__Output, abort: AbortSignal): AsyncGenerator<ReadChunk, void> {
    const held = this.#parts.host.get(request.shardUid);
    const hint = this.#parts.leaderHint(request.shardUid);
    if (held === undefined) {
      yield failedChunk(hint === "" ? "UNKNOWN_SHARD" : "NOT_LEADER", hint);
      return;
    }
    if (!held.serving) {
      yield failedChunk("NOT_LEADER", hint);
      return;
    }
    if (this.#running >= SUBSCRIPTIONS_MAX) {
      yield failedChunk("OVERLOADED");
      return;
    }
    const taken = new AbortController();
    const { shardUid, consumerArn, claimId, claimedMs } = request;
    const evict = (): void => taken.abort();
    if (claimId !== "" && !this.#places.hold(shardUid, consumerArn, { claimId, claimedMs }, evict)) {
      yield failedChunk("CONFLICT");
      return;
    }
    this.#running += 1;
    // At once, not when the generator notices: the same consumer may come again before that.
    const release = (): void => this.#places.release(shardUid, consumerArn, evict);
    abort.addEventListener("abort", release, { once: true });
    const ended = new AbortController();
    try {
      const { clock, freshness } = this.#parts;
      if (!(await freshness.confirm(held))) {
        yield failedChunk("NO_QUORUM");
        return;
      }
      const leadership = { epoch: held.replica.promisedEpoch, provenMs: clock.monotonicMs() };
      void this.#keepProving(held, leadership, ended.signal);
      yield* this.#push(held, request, leadership, AbortSignal.any([abort, taken.signal]));
      if (taken.signal.aborted) yield failedChunk("CONFLICT");
    } catch (error) {
      yield await chunkOfFailure(this.#parts.host, held, error);
    } finally {
      ended.abort();
      release();
      this.#running -= 1;
    }
  }

  async *#push(
    held: HeldReplica,
    request: SubscribeRequest__Output,
    leadership: Leadership,
    abort: AbortSignal,
  ): AsyncGenerator<ReadChunk, void> {
    const { clock, signal, freshness, leaderHint } = this.#parts;
    const { replica, shardUid } = held;
    const limit = this.#parts.limitsOn ? readBucket(clock.monotonicMs()) : undefined;
    let next = request.fromLatest ? replica.commitOffset : Math.max(request.fromOffset, replica.logStart);
    yield { status: "STATUS_OK", firstOffset: next, nextOffset: next, trimOffset: replica.logStart };
    let sentMs = clock.monotonicMs();
    while (!abort.aborted) {
      if (this.#lost(held, leadership)) {
        yield failedChunk("NOT_LEADER", leaderHint(shardUid));
        return;
      }
      if (next < replica.commitOffset) {
        const slice = await this.#read(held, next);
        if (slice.endOffset === next) {
          if (replica.logStart <= next) throw missingFrame(held, next);
          next = replica.logStart;
          continue;
        }
        if (limit) await this.#payFor(limit, slice.userBytes, abort);
        const behind = slice.endOffset >= replica.commitOffset ? 0 : this.#behind(slice);
        yield { ...sliceChunk(next, slice), millisBehindLatest: behind, trimOffset: replica.logStart };
        this.#parts.onRead(held, slice.records, slice.userBytes);
        next = slice.endOffset;
        sentMs = clock.monotonicMs();
      } else if (replica.closed) {
        if (!(await freshness.confirm(held))) {
          yield failedChunk("NOT_LEADER", leaderHint(shardUid));
          return;
        }
        {
          yield { status: "STATUS_OK", firstOffset: next, nextOffset: next, last: true, endOfShard: true };
          return;
        }
      } else {
        const idleMs = clock.monotonicMs() - sentMs;
        if (idleMs >= EMPTY_CHUNK_EVERY_MS) {
          yield { status: "STATUS_OK", firstOffset: next, nextOffset: next, trimOffset: replica.logStart };
          sentMs = clock.monotonicMs();
        } else {
          await signal.wait(shardUid, Math.min(EMPTY_CHUNK_EVERY_MS - idleMs, FRESHNESS_EVERY_MS), abort);
        }
      }
    }
  }

  async #payFor(limit: TokenBucket, userBytes: number, abort: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    while (!abort.aborted && !limit.tryTake(userBytes, clock.monotonicMs())) await sleep(clock, LIMIT_CHECK_MS, abort);
  }

  async #read(held: HeldReplica, next: number): Promise<FrameSlice> {
    const { frames } = await this.#parts.logStore.read(held.shardUid, next, CHUNK_BYTES_MAX);
    const unlimited = { records: Number.POSITIVE_INFINITY, userBytes: Number.POSITIVE_INFINITY, empty: true };
    return sliceFrames(frames, next, held.replica.commitOffset, unlimited);
  }

  #behind(slice: FrameSlice): number {
    const last = slice.frames.at(-1);
    return last === undefined ? 0 : Math.max(1, this.#parts.clock.nowMs() - last.header.arrivalMs);
  }

  #lost(held: HeldReplica, leadership: Leadership): boolean {
    const ageMs = this.#parts.clock.monotonicMs() - leadership.provenMs;
    return !held.serving || held.replica.promisedEpoch !== leadership.epoch || ageMs > FRESHNESS_AGE_MAX_MS;
  }

  async #keepProving(held: HeldReplica, leadership: Leadership, ended: AbortSignal): Promise<void> {
    const { clock, freshness } = this.#parts;
    while (!ended.aborted) {
      await sleep(clock, FRESHNESS_EVERY_MS, ended);
      const askedMs = clock.monotonicMs();
      if (!ended.aborted && (await freshness.confirm(held))) leadership.provenMs = askedMs;
    }
  }
}

interface Leadership {
  readonly epoch: number;
  /** Monotonic time at which the last successful round started. */
  provenMs: number;
}

function readBucket(monotonicMs: number): TokenBucket {
  return new TokenBucket({ capacity: READ_BYTES_PER_SECOND, refillPerSecond: READ_BYTES_PER_SECOND }, monotonicMs);
}
