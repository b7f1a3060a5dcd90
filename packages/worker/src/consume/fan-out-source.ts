/**
 * A shard read by SubscribeToShard: a subscription lives five minutes at most, can be taken over, and can fall silent; each
 * time reading goes on from the last continuation sequence number. Not pulling events is what holds the service back.
 */
import { ServiceError, sleep, type Clock } from "@millrace/base";
import type { FanOutConsumers } from "../kinesis/fan-out-consumer.ts";
import { errorName, isThrottle, isTransient } from "../kinesis/sdk-error.ts";
import { childShards, startOf, type ReadPosition, type SubscribeToShardEvent } from "../kinesis/shard-api.ts";
import type { Lease } from "../lease/lease.ts";
import { unlessAborted, withinDeadline } from "./deadline-signal.ts";
import type { SourceParts } from "./polling-source.ts";
import { readBackoffMs } from "./read-backoff.ts";
import type { FetchedBatch, RecordSource } from "./record-source.ts";

/** The service sends an event at least every five seconds; a connection this silent is dead. */
const SILENCE_MAX_MS = 20_000;
const SUBSCRIBE_TIMEOUT_MS = 10_000;
const LISTING_TIMEOUT_MS = 30_000;
/** Between two subscriptions of a consumer to a shard: the service refuses a second one within five seconds. */
const TAKE_OVER_WAIT_MS = 1_000;
const LATEST_MARGIN_MS = 5_000;

type SubscriptionEvent = { readonly SubscribeToShardEvent?: SubscribeToShardEvent | undefined };

/** See the file comment. */
export class FanOutSource implements RecordSource {
  readonly #lease: Lease;
  readonly #consumers: FanOutConsumers;
  readonly #parts: SourceParts;
  #position: ReadPosition;
  #subscription: { events: AsyncIterator<SubscriptionEvent>; request: AbortController } | undefined;
  #failures = 0;

  constructor(lease: Lease, consumers: FanOutConsumers, parts: SourceParts) {
    this.#lease = lease;
    this.#consumers = consumers;
    this.#parts = parts;
    this.#position = startOf(lease.checkpoint);
  }

  async next(signal: AbortSignal): Promise<FetchedBatch> {
    const { clock } = this.#parts;
    for (;;) {
      signal.throwIfAborted();
      try {
        const event = await this.#nextEvent(signal, clock);
        signal.throwIfAborted();
        if (event === undefined) continue;
        this.#failures = 0;
        return await this.#batchOf(event, signal);
      } catch (error) {
        signal.throwIfAborted();
        this.close();
        await this.#afterFailure(error, signal);
      }
    }
  }

  close(): void {
    const open = this.#subscription;
    this.#subscription = undefined;
    open?.request.abort();
    // Ends the response; whether that fails is of no interest any more.
    open?.events.return?.().catch(() => undefined);
  }

  /** The next event, or undefined when the subscription is over and the next call opens another. */
  async #nextEvent(signal: AbortSignal, clock: Clock): Promise<SubscribeToShardEvent | undefined> {
    this.#subscription ??= await this.#subscribe(signal);
    const { events } = this.#subscription;
    const result = await withinDeadline(clock, SILENCE_MAX_MS, signal, (limited) =>
      unlessAborted(limited, events.next()),
    );
    if (signal.aborted) return undefined;
    if (result === undefined) {
      this.#parts.happened({ kind: "reopened", reason: "subscription-silent" });
      this.close();
      return undefined;
    }
    if (result.done === true) {
      this.#parts.happened({ kind: "reopened", reason: "subscription-ended" });
      this.close();
      return undefined;
    }
    return result.value.SubscribeToShardEvent;
  }

  async #subscribe(signal: AbortSignal) {
    const { api, clock } = this.#parts;
    const { stream, shardId } = this.#lease;
    const arn = await this.#consumers.arnFor(stream, signal);
    const request = new AbortController();
    const openedMs = clock.nowMs();
    const events = await withinDeadline(clock, SUBSCRIBE_TIMEOUT_MS, signal, async (limited) => {
      const abort = (): void => request.abort();
      limited.addEventListener("abort", abort, { once: true });
      const answer = await api.subscribe(arn, shardId, this.#position, request.signal);
      limited.removeEventListener("abort", abort);
      return answer;
    });
    if (this.#position.type === "LATEST") {
      this.#position = { type: "AT_TIMESTAMP", timestamp: new Date(openedMs - LATEST_MARGIN_MS) };
    }
    return { events: events[Symbol.asyncIterator](), request };
  }

  async #batchOf(event: SubscribeToShardEvent, signal: AbortSignal): Promise<FetchedBatch> {
    const { Records: records = [], MillisBehindLatest: millisBehindLatest = 0 } = event;
    const { stream, shardId } = this.#lease;
    const continuation = event.ContinuationSequenceNumber;
    if (continuation !== undefined) {
      this.#position = { type: "AFTER_SEQUENCE_NUMBER", sequenceNumber: continuation };
      return { records, millisBehindLatest };
    }
    const named = childShards(stream, event.ChildShards ?? []);
    if (named.length > 0) return { records, millisBehindLatest, children: named };
    const { api, clock } = this.#parts;
    const { open, children } = await withinDeadline(clock, LISTING_TIMEOUT_MS, signal, (limited) =>
      api.lineageOf(stream, shardId, limited),
    );
    if (open) throw new ServiceError("INTERNAL", "an event of an open shard names no continuation");
    return { records, millisBehindLatest, children };
  }

  async #afterFailure(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, random, alive, happened } = this.#parts;
    const name = errorName(error);
    if (name === "ResourceNotFoundException") {
      // The consumer may have been deregistered; a stream that is gone says so when it is looked up again.
      if (this.#failures > 0) throw error;
      this.#consumers.forget(this.#lease.stream);
    }
    this.#failures += 1;
    const inUse = name === "ResourceInUseException";
    const waitMs = inUse ? Math.round(TAKE_OVER_WAIT_MS * (1 + random.float())) : readBackoffMs(this.#failures, random);
    if (inUse || isThrottle(error)) {
      alive();
      happened({ kind: "throttled", waitMs });
    } else if (name === "ResourceNotFoundException" || isTransient(error)) {
      happened({ kind: "read-failed", error, waitMs });
    } else throw error;
    await sleep(clock, waitMs, signal);
  }
}
