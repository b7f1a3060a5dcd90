/**
 * The producer without clock, socket or promise: what happens goes in with the time, what is to be done comes out of
 * {@link ProducerCore.poll}. The shell sends the batches it is given, reports each one back once, lists shards when asked, and
 * polls again at the time it was told.
 */
import type { Random } from "@millrace/base";
import type { ProducerErrorCode } from "../producer-error.ts";
import { failureKind, mayBeOneRecordsFault } from "../transport/failure-kind.ts";
import { TransportError, type EntryOutcome, type ListedShard } from "../transport/put-transport.ts";
import { LaneTable } from "./lane-table.ts";
import { makeBatches } from "./make-batches.ts";
import type { PendingRecord } from "./pending-record.ts";
import { ProducerCounts } from "./producer-counts.ts";
import type { ProducerSettings } from "./producer-settings.ts";
import { halvesOf, makeBatch, recordsOf, type BatchPart, type PutBatch } from "./put-batch.ts";
import { RecordLedger } from "./record-ledger.ts";
import { retryDelayMs } from "./retry-delay.ts";
import { ShardMapKeeper } from "./shard-map-keeper.ts";
import { ShardMap } from "./shard-map.ts";
import { StrayJudge, type Landed } from "./stray-judge.ts";

/** What the shell must do now, and when to ask again. */
export interface CoreOutputs {
  readonly send: readonly PutBatch[];
  readonly list: boolean;
  /** Monotonic; infinite when only an event can change anything. */
  readonly wakeAtMs: number;
}

/** See the file comment. Time is monotonic. */
export class ProducerCore {
  readonly counts: ProducerCounts = new ProducerCounts();
  readonly ledger: RecordLedger;
  readonly #settings: ProducerSettings;
  readonly #random: Random;
  readonly #keeper: ShardMapKeeper;
  readonly #judge = new StrayJudge();
  readonly #batches = new Set<PutBatch>();
  /** In an ordered producer its map lags behind the keeper's until nothing is under way. */
  readonly #lanes: LaneTable;
  #firstLane = 0;
  #flushNumber = 0;

  constructor(settings: ProducerSettings, random: Random) {
    this.ledger = new RecordLedger(settings, this.counts);
    this.#settings = settings;
    this.#random = random;
    this.#keeper = new ShardMapKeeper(random);
    this.#lanes = new LaneTable(settings, random);
  }

  /** Requests under way or waiting for another try. */
  get requestsInFlight(): number {
    return this.#batches.size;
  }

  /** When the oldest record in its hands was put; undefined when there is none. Looks at all that is under way. */
  get oldestArrivedMs(): number | undefined {
    let oldest = Infinity;
    const look = (records: Iterable<PendingRecord>): void => {
      for (const { arrivedMs, settled } of records) if (!settled && arrivedMs < oldest) oldest = arrivedMs;
    };
    for (const { queue } of this.#lanes.all) look(queue.records());
    for (const batch of this.#batches) look(recordsOf(batch));
    for (const { entry } of this.#judge.undecided) look(entry.records);
    return oldest === Infinity ? undefined : oldest;
  }

  /** Takes a record that the ledger accepts. Answers when to poll because of it; infinite when that changes nothing. */
  put(record: PendingRecord, nowMs: number): number {
    this.ledger.take(record);
    const lane = this.#lanes.laneOf(record);
    if (this.#lanes.map === undefined) {
      this.#keeper.wantFirst();
      lane.push(record);
      return Math.min(this.#keeper.dueMs ?? Infinity, record.deadlineMs);
    }
    const before = lane.queue.count === 0 || !lane.full;
    const wasEmpty = lane.queue.count === 0;
    lane.push(record);
    const changed = wasEmpty || (before && lane.full);
    return changed && this.#hasCapacity ? lane.sendableAtMs(nowMs, this.#flushNumber) : record.deadlineMs;
  }

  /** Calls back once every record put so far is settled; until then they do not linger. */
  flush(onDone: () => void): void {
    this.#flushNumber = this.ledger.lastNumber;
    this.ledger.whenSettled(onDone);
  }

  /** Gives up everything. */
  cancelAll(code: ProducerErrorCode, message: string, cause?: unknown): void {
    const waiting = this.#lanes.all.flatMap((lane) => lane.queue.drain());
    const sent = [...this.#batches].flatMap(recordsOf);
    const undecided = this.#judge.takeAll().flatMap(({ entry }) => entry.records);
    for (const record of sent) record.mayBeStored = true;
    for (const record of [...waiting, ...sent, ...undecided]) this.ledger.giveUp(record, code, message, cause);
  }

  /** See the file comment. */
  poll(nowMs: number): CoreOutputs {
    this.#expire(nowMs);
    const send: PutBatch[] = [];
    for (const batch of this.#batches) {
      if (batch.retryAtMs === undefined || batch.retryAtMs > nowMs) continue;
      batch.retryAtMs = undefined;
      send.push(batch);
    }
    this.#applyMap();
    for (let made = this.#makeBatches(nowMs); made.length > 0; made = this.#makeBatches(nowMs)) send.push(...made);
    for (const batch of send) this.#countSending(batch);
    // Without records there is nobody to list for.
    const list = this.ledger.records > 0 && this.#keeper.begin(nowMs);
    return { send, list, wakeAtMs: this.#wakeAtMs(nowMs) };
  }

  /** The answer to a batch. */
  answered(batch: PutBatch, outcomes: readonly EntryOutcome[], seconds: number, nowMs: number): void {
    this.counts.requestSeconds.observe(seconds);
    if (outcomes.length !== batch.entryCount) {
      const message = `${outcomes.length} outcomes for ${batch.entryCount} records`;
      return this.#again(batch, new TransportError("unavailable", "ResultCountMismatch", message), nowMs);
    }
    const nothingStored = outcomes.every((outcome) => "errorCode" in outcome && !isThrottle(outcome.errorCode));
    const [first] = outcomes;
    if (nothingStored && batch.parts.length === 1 && first !== undefined && "errorCode" in first) {
      // A batch of one shard that failed as a whole may be stored as a whole: as the same request it is stored once.
      this.counts.retries.failed += batch.entryCount;
      return this.#again(batch, new TransportError("unavailable", first.errorCode, first.errorMessage), nowMs);
    }
    this.#close(batch);
    const back: PendingRecord[] = [];
    let index = 0;
    for (const { lane, entries } of batch.parts) {
      let trouble: "throttled" | "failed" | undefined;
      let notStored = 0;
      for (const entry of entries) {
        const outcome = outcomes[index] as EntryOutcome;
        index += 1;
        if ("sequenceNumber" in outcome) {
          this.counts.overtaken += notStored;
          notStored = 0;
          lane.succeeded();
          lane.rate.accepted(entry.cost, nowMs);
          this.#stored({ lane, entry, outcome }, nowMs);
          continue;
        }
        const kind = isThrottle(outcome.errorCode) ? "throttled" : "failed";
        this.counts.retries[kind] += 1;
        notStored += 1;
        if (trouble !== "throttled") trouble = kind;
        for (const record of entry.records) {
          record.lastFailure = `${outcome.errorCode}: ${outcome.errorMessage}`;
          if (kind === "failed") record.mayBeStored = true;
          back.push(record);
        }
      }
      if (trouble === "throttled") lane.rate.throttled(nowMs);
      if (trouble !== undefined) lane.pause(trouble, nowMs);
    }
    this.#requeue(back, nowMs);
  }

  /** A batch that failed as a whole. */
  failed(batch: PutBatch, error: TransportError, seconds: number, nowMs: number): void {
    this.counts.requestSeconds.observe(seconds);
    this.counts.requestFailures[error.kind] += 1;
    if (error.kind !== "refused") return this.#again(batch, error, nowMs);
    this.#close(batch);
    if (batch.entryCount > 1 && mayBeOneRecordsFault(error.code)) {
      // One bad record must not take the others with it: halve until it stands alone.
      const [first, rest] = halvesOf(batch);
      this.#open(first).retryAtMs = nowMs;
      return this.#requeue(recordsOf(makeBatch(rest, "")), nowMs);
    }
    for (const record of recordsOf(batch)) this.ledger.giveUp(record, "REFUSED", error.message, error);
  }

  /** A listing of the shards. */
  listed(shards: readonly ListedShard[], nowMs: number): void {
    this.counts.shardListings += 1;
    const map = ShardMap.from(shards);
    if (map === undefined) return this.#keeper.failed(nowMs);
    this.#keeper.listed(map, nowMs);
    for (const { verdict, ...landed } of this.#judge.judge(map)) {
      landed.lane.outstanding -= 1;
      if (verdict === "stored") this.#settleStored(landed, nowMs);
      else this.#stray(landed, nowMs);
    }
    if (this.#judge.waiting) this.#keeper.want();
  }

  /** A listing that failed. When it never will succeed, nothing that waits for it can. */
  listFailed(error: TransportError, nowMs: number): void {
    if (error.kind !== "refused") {
      for (const record of this.#lanes.unrouted.queue.records()) record.lastFailure = error.message;
      return this.#keeper.failed(nowMs);
    }
    this.#keeper.refused(nowMs);
    for (const record of this.#lanes.unrouted.queue.drain()) {
      this.ledger.giveUp(record, "REFUSED", `listing the shards: ${error.message}`, error);
    }
    for (const landed of this.#judge.takeAll()) {
      landed.lane.outstanding -= 1;
      this.#stray(landed, nowMs);
    }
  }

  get #hasCapacity(): boolean {
    return this.#batches.size < this.#settings.requestsInFlightMax;
  }

  get #ordered(): boolean {
    return this.#settings.order !== "none";
  }

  /** Whether a newer map waits until nothing is under way: a key may go to another lane then. */
  get #quiescing(): boolean {
    return this.#ordered && this.#lanes.map !== undefined && this.#keeper.map !== this.#lanes.map;
  }

  /** Moves to the newest map, unless an order forbids it yet. */
  #applyMap(): void {
    const { map } = this.#keeper;
    if (map === undefined || map === this.#lanes.map) return;
    if (this.#quiescing && (this.#batches.size > 0 || this.#judge.waiting)) return;
    this.#lanes.moveTo(map);
  }

  /** One round over the lanes; there may be more to send after it. */
  #makeBatches(nowMs: number): PutBatch[] {
    if (this.#quiescing || !this.#hasCapacity) return [];
    const lanes = this.#lanes.routed;
    const first = lanes.length === 0 ? 0 : this.#firstLane % lanes.length;
    // The lane that could not go last time goes first next time.
    this.#firstLane = first + 1;
    const ready = [...lanes.slice(first), ...lanes.slice(0, first)].filter(
      (lane) => lane.sendableAtMs(nowMs, this.#flushNumber) <= nowMs,
    );
    const requestsMax = this.#settings.requestsInFlightMax - this.#batches.size;
    return makeBatches(ready, requestsMax, this.#settings, nowMs).map((parts) => this.#open(parts));
  }

  #open(parts: readonly BatchPart[]): PutBatch {
    const batch = makeBatch(parts, this.#random.uuid());
    this.#batches.add(batch);
    for (const { lane } of parts) lane.outstanding += 1;
    return batch;
  }

  #close(batch: PutBatch): void {
    if (!this.#batches.delete(batch)) return;
    for (const { lane } of batch.parts) lane.outstanding -= 1;
  }

  #countSending(batch: PutBatch): void {
    this.counts.requests += 1;
    this.counts.requestKinesisRecords.observe(batch.entryCount);
    for (const { entries } of batch.parts) {
      for (const { records } of entries) for (const record of records) record.attempts += 1;
    }
  }

  /** Sends the same request later, unless the time of a record in it is over: then the others get another one. */
  #again(batch: PutBatch, error: TransportError, nowMs: number): void {
    for (const record of recordsOf(batch)) {
      record.lastFailure = error.message;
      if (error.kind === "unavailable") record.mayBeStored = true;
    }
    batch.failures += 1;
    batch.retryAtMs =
      nowMs + retryDelayMs(this.#random, error.kind === "throttled" ? "throttled" : "failed", batch.failures);
    if (batch.earliestDeadlineMs <= batch.retryAtMs) batch.retryAtMs = Math.max(nowMs, batch.earliestDeadlineMs);
  }

  #expire(nowMs: number): void {
    for (const lane of this.#lanes.all) {
      for (const record of lane.expire(nowMs)) this.ledger.expired(record, nowMs);
    }
    for (const batch of this.#batches) {
      if (batch.retryAtMs === undefined || batch.earliestDeadlineMs > nowMs) continue;
      this.#close(batch);
      this.#requeue(recordsOf(batch), nowMs);
    }
  }

  /** Puts back what must be sent again and still may. */
  #requeue(records: readonly PendingRecord[], nowMs: number): void {
    for (const record of records) if (record.deadlineMs <= nowMs) this.ledger.expired(record, nowMs);
    this.#lanes.putBack(records.filter((record) => !record.settled));
  }

  /** Stored, but perhaps not where it was meant to be. */
  #stored(landed: Landed, nowMs: number): void {
    const { lane, entry, outcome } = landed;
    const [first] = entry.records;
    if (outcome.shardId === lane.shardId || first === undefined) return this.#settleStored(landed, nowMs);
    if (this.#keeper.map?.shardOf(first) !== outcome.shardId) this.#keeper.want();
    // A record of its own is where its own hash key led.
    if (entry.records.length === 1) return this.#settleStored(landed, nowMs);
    const owned = this.#keeper.map?.owns(outcome.shardId, entry.records);
    if (owned === true) return this.#settleStored(landed, nowMs);
    if (owned === false) return this.#stray(landed, nowMs);
    lane.outstanding += 1;
    this.#judge.add(landed);
    this.#keeper.want();
  }

  /** Consumers drop this aggregate as a whole, so all of it is sent again. */
  #stray({ entry }: Landed, nowMs: number): void {
    this.counts.strayAggregates += 1;
    for (const record of entry.records) record.lastFailure = "a reshard overtook its aggregate";
    this.#requeue(entry.records, nowMs);
  }

  #settleStored({ entry, outcome }: Landed, nowMs: number): void {
    const { shardId, sequenceNumber } = outcome;
    const { records } = entry;
    this.counts.storedKinesisRecords += 1;
    this.counts.recordsPerKinesisRecord.observe(records.length);
    if (records.length === 1) {
      const [record] = records;
      if (record !== undefined)
        this.ledger.stored(record, { shardId, sequenceNumber, attempts: record.attempts }, nowMs);
      return;
    }
    for (let subSequenceNumber = 0; subSequenceNumber < records.length; subSequenceNumber += 1) {
      const record = records[subSequenceNumber] as PendingRecord;
      const { attempts } = record;
      this.ledger.stored(record, { shardId, sequenceNumber, subSequenceNumber, attempts }, nowMs);
    }
  }

  #wakeAtMs(nowMs: number): number {
    const listAtMs = this.ledger.records > 0 ? this.#keeper.dueMs : undefined;
    let wakeAtMs = Math.min(listAtMs ?? Infinity, this.#lanes.unrouted.earliestDeadlineMs);
    const mayMake = this.#hasCapacity && !this.#quiescing;
    for (const lane of this.#lanes.routed) {
      if (lane.queue.count === 0) continue;
      wakeAtMs = Math.min(wakeAtMs, lane.earliestDeadlineMs);
      if (mayMake) wakeAtMs = Math.min(wakeAtMs, lane.sendableAtMs(nowMs, this.#flushNumber));
    }
    for (const { retryAtMs } of this.#batches) if (retryAtMs !== undefined) wakeAtMs = Math.min(wakeAtMs, retryAtMs);
    return wakeAtMs;
  }
}

function isThrottle(errorCode: string): boolean {
  // Inside an answer there is no status; without one, and not a throttle, an error is "unavailable".
  return failureKind(errorCode, undefined) === "throttled";
}
