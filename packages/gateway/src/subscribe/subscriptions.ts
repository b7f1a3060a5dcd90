/** All SubscribeToShard calls of this gateway: the checks before streaming, the place they need, and their clock. */
import { ServiceError, type TimerHandle } from "@millrace/base";
import {
  answerOf,
  crossOriginHeaders,
  EVENT_STREAM_MEDIA_TYPE,
  invalidArgument,
  limitExceeded,
  parseConsumerArn,
  resourceInUse,
  resourceNotFound,
  streamArn,
  type HttpHeaders,
  type KinesisError,
  type SubscribeToShardInput,
} from "@millrace/kinesis";
import { callUnary, type ClaimReply__Output, type ClaimRequest } from "@millrace/rpc";
import type { SubscriptionLag } from "../gateway-metrics.ts";
import type { StreamReply } from "../http/http-message.ts";
import { accessDenied, dryRunSucceeded } from "../operations/find-stream.ts";
import type { Call, OperationContext, Outcome } from "../operations/operation-context.ts";
import { askLeader } from "../read/ask-leader.ts";
import { findShard } from "../read/find-shard.ts";
import { offsetOf, readError } from "../read/get-records.ts";
import { resolveStart } from "../read/get-shard-iterator.ts";
import { httpEventSink, type EventSink } from "./event-sink.ts";
import { Subscription, type SubscriptionStart, type PlaceClaim } from "./subscription.ts";

const OPERATION = "SubscribeToShard";
const TICK_MS = 500;
const CLAIM_TIMEOUT_MS = 2_000;
/**
 * Subscriptions of one gateway. Policy when full: a retryable error. One that is never read holds up to half a megabyte,
 * so all of them together stay near one gigabyte.
 */
const SUBSCRIPTIONS_MAX = 2_000;

/** The overload of the generated client that takes options. */
type ClaimMethod = Parameters<typeof callUnary<ClaimRequest, ClaimReply__Output>>[0];

type Checked = Omit<SubscriptionStart, "nextOffset" | "claim">;

/** See the file comment. */
export class Subscriptions {
  readonly #context: OperationContext;
  readonly #running = new Set<Subscription>();
  #ticker: TimerHandle | undefined;
  #closing = false;

  constructor(context: OperationContext) {
    this.#context = context;
    context.map.onChange(() => {
      for (const subscription of this.#running) subscription.mapChanged();
    });
    this.#scheduleTick();
  }

  get count(): number {
    return this.#running.size;
  }

  /** How far behind each running subscription is. */
  *lags(): Generator<SubscriptionLag> {
    for (const { start, millisBehindLatest } of this.#running) {
      yield { stream: start.found.stream.entry.name, consumer: start.consumerName, millisBehindLatest };
    }
  }

  /** The streaming reply, or the error that is answered as an ordinary 400. `headers` are the request's. */
  async answer(call: Call, input: SubscribeToShardInput, headers: HttpHeaders): Promise<Outcome<StreamReply>> {
    const opened = await this.open(call, input);
    if ("error" in opened) return opened;
    return {
      ok: {
        status: 200,
        headers: ["Content-Type", EVENT_STREAM_MEDIA_TYPE, ...Object.entries(crossOriginHeaders(headers)).flat()],
        start: (reply) => opened.ok(httpEventSink(reply)),
      },
    };
  }

  /** Everything before streaming. On success the subscription begins when the result is called with its sink. */
  async open(call: Call, input: SubscribeToShardInput): Promise<Outcome<(sink: EventSink) => void>> {
    const checked = this.#check(call, input);
    if ("error" in checked) return checked;
    if (this.#closing || this.#running.size >= SUBSCRIPTIONS_MAX) return { error: overloaded() };
    const start = checked.ok;
    const nextOffset = await this.#startOffset(call, input, start);
    if ("error" in nextOffset) return nextOffset;
    const claim = await this.#claim(start, input.DryRun === true);
    if ("error" in claim) return claim;
    if (input.DryRun === true) return { error: dryRunSucceeded() };
    return { ok: (sink) => this.#begin({ ...start, nextOffset: nextOffset.ok, claim: claim.ok }, sink) };
  }

  /** Ends all cleanly and takes no more: the gateway is closing. */
  endAll(): void {
    this.#closing = true;
    this.#ticker?.cancel();
    for (const subscription of this.#running) subscription.end();
  }

  #begin(start: SubscriptionStart, sink: EventSink): void {
    let over = false;
    const subscription: Subscription = new Subscription(this.#context, start, sink, () => {
      over = true;
      this.#running.delete(subscription);
    });
    if (over) return;
    this.#running.add(subscription);
    if (this.#closing) subscription.end();
  }

  /** Has the leader of the shard give the consumer's place to the subscription that `start` begins. */
  async #claim(start: Checked, dryRun: boolean): Promise<Outcome<PlaceClaim>> {
    const { consumerArn, found, requestId } = start;
    const { shardUid } = found.shard;
    const claimId = this.#context.random.uuid();
    const request: ClaimRequest = { shardUid, consumerArn, claimId, dryRun, requestId };
    const reply = await askLeader(this.#context, shardUid, ({ reads }) => {
      const method: ClaimMethod = reads.claim.bind(reads);
      return callUnary(method, request, CLAIM_TIMEOUT_MS);
    });
    if (reply === "CONFLICT") return { error: alreadySubscribed(start) };
    if (reply === "THROTTLED") return { error: rateExceeded(start) };
    return typeof reply === "string"
      ? { error: readError(reply, found) }
      : { ok: { claimId, claimedMs: reply.claimedMs } };
  }

  async #startOffset(call: Call, input: SubscribeToShardInput, { found }: Checked): Promise<Outcome<number>> {
    const { Type: type, SequenceNumber: sequenceNumber, Timestamp: timestampMs } = input.StartingPosition;
    const start = { type, sequenceNumber, timestampMs };
    const position = await resolveStart(this.#context, call, OPERATION, found, start);
    if ("error" in position) return position;
    const offset = await offsetOf(this.#context, call, found, position.ok);
    return typeof offset === "string" ? { error: readError(offset, found) } : { ok: offset };
  }

  #check(call: Call, input: SubscribeToShardInput): Outcome<Checked> {
    const { map } = this.#context;
    const { ConsumerARN: consumerArn } = input;
    const identity = parseConsumerArn(consumerArn);
    if (identity === undefined)
      return { error: invalidArgument(`ConsumerARN ${consumerArn} does not name a consumer.`) };
    const { accountId, region, streamName, consumerName, createdSeconds } = identity;
    if (region === call.region && accountId !== call.accountId)
      return { error: accessDenied(call, OPERATION, streamArn(identity)) };
    const consumer = map.consumer(consumerArn);
    // A region is a namespace: what an ARN of another one names does not exist in the region that was signed for.
    if (consumer === undefined || region !== call.region) {
      return { error: resourceNotFound(`Consumer ${consumerArn}, account ${accountId} not found.`) };
    }
    const found = findShard(map, identity, input.ShardId, call.region);
    if ("error" in found) return found;
    if (consumer.status !== "ACTIVE") {
      return {
        error: resourceInUse(
          `Consumer ${consumerName} with creation timestamp ${createdSeconds} under stream ${streamName}, account ${accountId} is not in ACTIVE status.`,
        ),
      };
    }
    return { ok: { consumerArn, consumerName, found: found.ok, requestId: call.requestId } };
  }

  #scheduleTick(): void {
    const { clock } = this.#context;
    this.#ticker = clock.schedule(TICK_MS, () => {
      const nowMs = clock.monotonicMs();
      for (const subscription of this.#running) subscription.tick(nowMs);
      this.#scheduleTick();
    });
  }
}

function overloaded(): KinesisError {
  return answerOf(new ServiceError("OVERLOADED", "too many subscriptions"), "");
}

function rateExceeded({ consumerName, found }: Checked): KinesisError {
  const { entry } = found.stream;
  return limitExceeded(
    `Rate exceeded for consumer ${consumerName} and shard ${found.shard.shardId} in stream ${entry.name} under account ${entry.accountId}.`,
  );
}

function alreadySubscribed({ consumerName, found }: Checked): KinesisError {
  const { accountId, name } = found.stream.entry;
  return resourceInUse(`Another active subscription exists for this consumer: ${accountId}:${name}:${consumerName}`);
}
