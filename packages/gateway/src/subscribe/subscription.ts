/**
 * One SubscribeToShard from its first event to its end. It follows the shard from leader to leader without gap or
 * repetition: the next offset is remembered here, whatever a node sends.
 */
import type { TimerHandle } from "@millrace/base";
import {
  kinesisError,
  resourceInUse,
  resourceNotFound,
  type KinesisError,
  type ShardEventAnswer,
} from "@millrace/kinesis";
import { continuationSequenceNumber } from "@millrace/model";
import type { ClientReadableStream, ReadChunk__Output } from "@millrace/rpc";
import type { OperationContext } from "../operations/operation-context.ts";
import { followHint } from "../read/ask-leader.ts";
import { childShards, type FoundShard } from "../read/find-shard.ts";
import { countRuns, recordRuns } from "../read/record-runs.ts";
import type { EventSink } from "./event-sink.ts";

/** The service ends every subscription after this long; clients come again. */
const LIFE_MS = 300_000;
/** Clients take silence beyond 5 s for a fault (Java's read timeout is 10 s); nodes speak every 4 s. */
const SILENCE_MAX_MS = 4_500;
/** Without any leader for this long the client is told to try elsewhere. */
const LEADERLESS_MAX_MS = 30_000;
const RETRY_PAUSE_MS = 100;

/** Whose subscription to what. `nextOffset` is where it starts. */
export interface SubscriptionStart {
  readonly consumerArn: string;
  readonly consumerName: string;
  readonly found: FoundShard;
  readonly nextOffset: number;
  readonly requestId: string;
  readonly claim: PlaceClaim;
}

/** The consumer's place on the shard, as its leader granted it. */
export interface PlaceClaim {
  readonly claimId: string;
  readonly claimedMs: number;
}

type SubscribeCall = ClientReadableStream<ReadChunk__Output>;

/** See the file comment. */
export class Subscription {
  readonly start: SubscriptionStart;
  readonly #context: OperationContext;
  readonly #sink: EventSink;
  readonly #onEnd: () => void;
  readonly #startedMs: number;
  #next: number;
  #millisBehind = 0;
  #eventMs: number;
  #leaderSeenMs: number;
  #call: SubscribeCall | undefined;
  /** The node that `#call` asks. */
  #asked = "";
  #retry: TimerHandle | undefined;
  #ended = false;
  #finished = false;

  constructor(context: OperationContext, start: SubscriptionStart, sink: EventSink, onEnd: () => void) {
    this.#context = context;
    this.start = start;
    this.#sink = sink;
    this.#onEnd = onEnd;
    this.#next = start.nextOffset;
    const nowMs = context.clock.monotonicMs();
    this.#startedMs = nowMs;
    this.#eventMs = nowMs;
    this.#leaderSeenMs = nowMs;
    sink.onClose(() => this.#release());
    sink.onDrain(() => this.#call?.resume());
    sink.begin();
    this.#open();
  }

  /** Milliseconds behind the tip of the shard, as last heard from its leader. */
  get millisBehindLatest(): number {
    return this.#millisBehind;
  }

  /** Ends it cleanly: the client subscribes again from where it stands. */
  end(): void {
    if (this.#ended) return;
    this.#release();
    this.#sink.end();
  }

  /** A newer subscription of the same consumer has taken this one's place. */
  #takenOver(): void {
    const { consumerName, found } = this.start;
    const { accountId, name } = found.stream.entry;
    this.#endWith(
      resourceInUse(`Another active subscription exists for this consumer: ${accountId}:${name}:${consumerName}`),
    );
  }

  /** Called about twice a second: age, silence, and shards whose children have arrived. */
  tick(nowMs: number): void {
    if (this.#ended) return;
    if (nowMs - this.#startedMs >= LIFE_MS) return this.end();
    if (this.#finished && this.#tryFinish()) return;
    if (nowMs - this.#eventMs >= SILENCE_MAX_MS) this.#sendEvent([], this.#millisBehind);
    if (this.#call === undefined && !this.#finished && nowMs - this.#leaderSeenMs >= LEADERLESS_MAX_MS) {
      this.#endWith(kinesisError("InternalFailureException", "Internal service failure."));
    }
  }

  /** Called after every change of the map: the consumer or the stream may be gone. */
  mapChanged(): void {
    if (this.#ended) return;
    const { map } = this.#context;
    const { consumerArn, found } = this.start;
    const { accountId, name } = found.stream.entry;
    const consumer = map.consumer(consumerArn);
    if (consumer === undefined || consumer.status === "DELETING") {
      return this.#endWith(resourceNotFound(`Consumer ${consumerArn}, account ${accountId} not found.`));
    }
    const known = map.shardOfUid(found.shard.shardUid);
    if (known === undefined) {
      return this.#endWith(resourceNotFound(`Stream ${name} under account ${accountId} not found.`));
    }
    if (this.#finished) this.#tryFinish();
    else if (this.#call !== undefined && known.shard.leader !== this.#asked) this.#moveOn();
  }

  /** The map names another leader than the one asked, which may hang and never say so. */
  #moveOn(): void {
    const call = this.#call;
    this.#call = undefined;
    call?.cancel();
    this.#open();
  }

  #open(): void {
    this.#retry = undefined;
    if (this.#ended || this.#finished) return;
    const { map, nodes } = this.#context;
    const { found, consumerArn, requestId, claim } = this.start;
    const leader = map.shardOfUid(found.shard.shardUid)?.shard.leader ?? "";
    const node = leader === "" ? undefined : nodes.get(leader);
    if (node === undefined) return this.#later();
    const { shardUid } = found.shard;
    const call = node.reads.subscribe({ shardUid, fromOffset: this.#next, consumerArn, requestId, ...claim });
    this.#call = call;
    this.#asked = leader;
    const lost = (): void => {
      if (this.#call !== call) return;
      this.#call = undefined;
      this.#later();
    };
    call.on("data", (chunk: ReadChunk__Output) => {
      if (this.#call === call) this.#take(chunk, leader, lost);
    });
    call.on("error", lost);
    call.on("end", lost);
  }

  #later(): void {
    if (this.#ended || this.#finished) return;
    this.#retry = this.#context.clock.schedule(RETRY_PAUSE_MS, () => this.#open());
  }

  #take(chunk: ReadChunk__Output, leader: string, lost: () => void): void {
    const { stream, shard } = this.start.found;
    if (chunk.status === "CONFLICT") return this.#takenOver();
    if (chunk.status !== "STATUS_OK") {
      followHint(this.#context, shard.shardUid, leader, chunk.leaderHint);
      this.#call?.cancel();
      return lost();
    }
    this.#leaderSeenMs = this.#context.clock.monotonicMs();
    const runs = recordRuns(shard, chunk, this.#next, stream.entry.encryptionKeyId !== "");
    if (runs === undefined) {
      // Damaged on its way: what is not delivered is asked for again.
      this.#call?.cancel();
      return lost();
    }
    this.#next = Math.max(this.#next, chunk.nextOffset);
    this.#millisBehind = chunk.millisBehindLatest;
    if (runs.length > 0) {
      this.#sendEvent(runs, chunk.millisBehindLatest);
      const { records, userBytes } = countRuns(runs);
      this.#context.metrics.read(stream.entry.name, records, userBytes);
    }
    if (!chunk.endOfShard) return;
    this.#finished = true;
    this.#call?.cancel();
    this.#call = undefined;
    this.#tryFinish();
  }

  /** The last event names the children; until the map has them the subscription only stays alive. */
  #tryFinish(): boolean {
    const { shard } = this.start.found;
    // A snapshot of the map replaces the stream this began with.
    const stream = this.#context.map.shardOfUid(shard.shardUid)?.stream;
    const children = stream === undefined ? undefined : childShards(this.#context.map, stream, shard);
    if (children === undefined) return false;
    this.#write({ runs: [], millisBehindLatest: 0, childShards: children });
    this.end();
    return true;
  }

  #sendEvent(runs: ShardEventAnswer["runs"], millisBehindLatest: number): void {
    const { sequence } = this.start.found.shard;
    const continuation = continuationSequenceNumber(sequence, this.#next, this.#context.clock.nowMs());
    this.#write({ runs, millisBehindLatest, continuationSequenceNumber: continuation });
  }

  #write(event: ShardEventAnswer): void {
    if (this.#ended) return;
    this.#eventMs = this.#context.clock.monotonicMs();
    if (!this.#sink.event(event)) this.#call?.pause();
  }

  #endWith(error: KinesisError): void {
    if (this.#ended) return;
    this.#release();
    this.#sink.fail(error);
  }

  #release(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#retry?.cancel();
    const call = this.#call;
    this.#call = undefined;
    call?.cancel();
    this.#onEnd();
  }
}
