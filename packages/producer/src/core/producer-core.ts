/**
 * The producer without clock, socket or promise: what happens goes in with the time, what is to be done comes out of
 * {@link ProducerCore.poll}. The shell sends the batches it is given, reports each one back once, lists shards when asked, and
 * polls again at the time it was told.
 */
import { assert, type Random } from "@millrace/base";
import type { ProducerErrorCode } from "../producer-error.ts";
import { failureKind, mayBeOneRecordsFault } from "../transport/failure-kind.ts";
import { TransportError, type EntryOutcome, type ListedShard } from "../transport/put-transport.ts";
import type { PendingRecord } from "./pending-record.ts";
import { ProducerCounts } from "./producer-counts.ts";
import type { ProducerSettings } from "./producer-settings.ts";
import { makeBatch, type BatchEntry, type PutBatch } from "./put-batch.ts";
import { RecordLedger } from "./record-ledger.ts";
import { retryDelayMs } from "./retry-delay.ts";
import { ShardLane } from "./shard-lane.ts";
import { ShardMapKeeper } from "./shard-map-keeper.ts";
import { ShardMap } from "./shard-map.ts";
import { StrayJudge } from "./stray-judge.ts";

/** What the shell must do now, and when to ask again. */
export interface CoreOutputs {
  readonly send: readonly PutBatch[];
  readonly list: boolean;
  /** Monotonic; infinite when only an event can change anything. */
  readonly wakeAtMs: number;
}

type Stored = Extract<EntryOutcome, { readonly sequenceNumber: string }>;

/** See the file comment. Time is monotonic. */
export class ProducerCore {
  readonly counts: ProducerCounts = new ProducerCounts();
  readonly ledger: RecordLedger;
  readonly #settings: ProducerSettings;
  readonly #random: Random;
  readonly #keeper: ShardMapKeeper;
  readonly #judge = new StrayJudge();
  readonly #batches = new Set<PutBatch>();
  #lanes = new Map<string, ShardLane>();
  /** Where records wait while no map is known. */
  #unrouted: ShardLane;
  /** The map that records are routed by. In an ordered producer it lags behind the keeper's until nothing is under way. */
  #map: ShardMap | undefined;
  #firstLane = 0;
  #flushNumber = 0;

  constructor(settings: ProducerSettings, random: Random) {
    this.ledger = new RecordLedger(settings, this.counts);
    this.#settings = settings;
    this.#random = random;
    this.#keeper = new ShardMapKeeper(random);
    this.#unrouted = new ShardLane("", settings, random);
  }

  /** Requests under way or waiting for another try. */
  get requestsInFlight(): number {
    return this.#batches.size;
  }

  /** Takes a record that the ledger accepts. Answers when to poll because of it; infinite when that changes nothing. */
  put(record: PendingRecord, nowMs: number): number {
    this.ledger.take(record);
    if (this.#map === undefined) {
      this.#keeper.wantFirst();
      this.#unrouted.push(record);
      return Math.min(this.#keeper.dueMs ?? Infinity, record.deadlineMs);
    }
    const lane = this.#laneOf(record);
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
    const waiting = [this.#unrouted, ...this.#lanes.values()].flatMap((lane) => lane.queue.drain());
    const sent = [...this.#batches].flatMap((batch) => batch.entries).flatMap((entry) => entry.records);
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
    if (outcomes.length !== batch.entries.length) {
      const message = `${outcomes.length} outcomes for ${batch.entries.length} records`;
      return this.#again(batch, new TransportError("unavailable", "ResultCountMismatch", message), nowMs);
    }
    const nothingStored = outcomes.every((outcome) => "errorCode" in outcome && !isThrottle(outcome.errorCode));
    const [first] = outcomes;
    if (nothingStored && batch.lanes.size === 1 && first !== undefined && "errorCode" in first) {
      // A batch of one shard that failed as a whole may be stored as a whole: as the same request it is stored once.
      this.counts.retries.failed += batch.entries.length;
      return this.#again(batch, new TransportError("unavailable", first.errorCode, first.errorMessage), nowMs);
    }
    this.#close(batch);
    const back: PendingRecord[] = [];
    const troubles = new Map<ShardLane, "throttled" | "failed">();
    batch.entries.forEach((entry, index) => {
      const outcome = outcomes[index] as EntryOutcome;
      if ("sequenceNumber" in outcome) {
        entry.lane.succeeded();
        entry.lane.rate.accepted(entry.cost, nowMs);
        this.#stored(entry, outcome, nowMs);
        return;
      }
      const trouble = isThrottle(outcome.errorCode) ? "throttled" : "failed";
      this.counts.retries[trouble] += 1;
      if (troubles.get(entry.lane) !== "throttled") troubles.set(entry.lane, trouble);
      for (const record of entry.records) {
        record.lastFailure = `${outcome.errorCode}: ${outcome.errorMessage}`;
        if (trouble === "failed") record.mayBeStored = true;
        back.push(record);
      }
    });
    for (const [lane, trouble] of troubles) {
      if (trouble === "throttled") lane.rate.throttled(nowMs);
      lane.pause(trouble, nowMs);
    }
    this.#requeue(back, nowMs);
  }

  /** A batch that failed as a whole. */
  failed(batch: PutBatch, error: TransportError, seconds: number, nowMs: number): void {
    this.counts.requestSeconds.observe(seconds);
    this.counts.requestFailures[error.kind] += 1;
    if (error.kind !== "refused") return this.#again(batch, error, nowMs);
    this.#close(batch);
    if (batch.entries.length > 1 && mayBeOneRecordsFault(error.code)) {
      // One bad record must not take the others with it: halve until it stands alone.
      const middle = batch.entries.length >> 1;
      for (const half of [batch.entries.slice(0, middle), batch.entries.slice(middle)]) {
        this.#open(half).retryAtMs = nowMs;
      }
      return;
    }
    for (const { records } of batch.entries) {
      for (const record of records) this.ledger.giveUp(record, "REFUSED", error.message, error);
    }
  }

  /** A listing of the shards. */
  listed(shards: readonly ListedShard[], nowMs: number): void {
    this.counts.shardListings += 1;
    const map = ShardMap.from(shards);
    if (map === undefined) return this.#keeper.failed(nowMs);
    this.#keeper.listed(map, nowMs);
    for (const { entry, outcome, verdict } of this.#judge.judge(map)) {
      entry.lane.outstanding -= 1;
      if (verdict === "stored") this.#settleStored(entry, outcome, nowMs);
      else this.#stray(entry, nowMs);
    }
    if (this.#judge.waiting) this.#keeper.want();
  }

  /** A listing that failed. When it never will succeed, nothing that waits for it can. */
  listFailed(error: TransportError, nowMs: number): void {
    if (error.kind !== "refused") {
      for (const record of this.#unrouted.queue.records()) record.lastFailure = error.message;
      return this.#keeper.failed(nowMs);
    }
    this.#keeper.refused(nowMs);
    for (const record of this.#unrouted.queue.drain()) {
      this.ledger.giveUp(record, "REFUSED", `listing the shards: ${error.message}`, error);
    }
    for (const { entry } of this.#judge.takeAll()) {
      entry.lane.outstanding -= 1;
      this.#stray(entry, nowMs);
    }
  }

  get #hasCapacity(): boolean {
    return this.#batches.size < this.#settings.requestsInFlightMax;
  }

  get #ordered(): boolean {
    return this.#settings.order !== "none";
  }

  /** Moves to the newest map. An ordered producer first waits for what is under way: a key may go to another lane now. */
  #applyMap(): void {
    const { map } = this.#keeper;
    if (map === undefined || map === this.#map) return;
    if (this.#ordered && this.#map !== undefined && (this.#batches.size > 0 || this.#judge.waiting)) return;
    this.#map = map;
    const records = [this.#unrouted, ...this.#lanes.values()].flatMap((lane) => lane.queue.drain());
    this.#lanes = new Map(
      map.openShards.map((shardId) => [
        shardId,
        this.#lanes.get(shardId) ?? new ShardLane(shardId, this.#settings, this.#random),
      ]),
    );
    records.sort((a, b) => a.number - b.number);
    for (const record of records) this.#laneOf(record).push(record);
  }

  #laneOf(record: PendingRecord): ShardLane {
    const lane = this.#map === undefined ? this.#unrouted : this.#lanes.get(this.#map.shardOf(record));
    assert(lane !== undefined, "a map covers all hash keys, and every shard of it has a lane");
    return lane;
  }

  /** One round over the lanes; there may be more to send after it. */
  #makeBatches(nowMs: number): PutBatch[] {
    if (this.#ordered && this.#keeper.map !== this.#map) return [];
    const made: PutBatch[] = [];
    const small: ShardLane[] = [];
    const lanes = [...this.#lanes.values()];
    const { requestRecordsMax: entries, requestBytesMax: bytes } = this.#settings;
    for (let index = 0; index < lanes.length && this.#hasCapacity; index += 1) {
      const lane = lanes[(this.#firstLane + index) % lanes.length] as ShardLane;
      if (lane.sendableAtMs(nowMs, this.#flushNumber) > nowMs) continue;
      if (!this.#ordered && !lane.full) small.push(lane);
      else made.push(...this.#openAll(lane.take({ entries, bytes, atLeastOne: true }, nowMs), lane));
    }
    // The lane that could not go last time goes first next time.
    this.#firstLane = lanes.length === 0 ? 0 : (this.#firstLane + 1) % lanes.length;
    made.push(...this.#makeMixedBatches(small, nowMs));
    return made;
  }

  /** Lanes with little share requests. */
  #makeMixedBatches(lanes: readonly ShardLane[], nowMs: number): PutBatch[] {
    const made: PutBatch[] = [];
    let entries: BatchEntry[] = [];
    let bytes = 0;
    for (const lane of lanes) {
      for (;;) {
        if (!this.#hasCapacity) return made;
        const room = {
          entries: this.#settings.requestRecordsMax - entries.length,
          bytes: this.#settings.requestBytesMax - bytes,
          atLeastOne: entries.length === 0,
        };
        const taken = lane.take(room, nowMs);
        for (const entry of taken) {
          entries.push({ ...entry, lane });
          bytes += entry.bytes;
        }
        // Nothing fitted beside the others: they go, and it begins the next request.
        if (taken.length > 0 || entries.length === 0 || lane.queue.count === 0) break;
        made.push(this.#open(entries));
        entries = [];
        bytes = 0;
      }
    }
    if (entries.length > 0) made.push(this.#open(entries));
    return made;
  }

  #openAll(packed: readonly Omit<BatchEntry, "lane">[], lane: ShardLane): PutBatch[] {
    return packed.length === 0 ? [] : [this.#open(packed.map((entry) => ({ ...entry, lane })))];
  }

  #open(entries: readonly BatchEntry[]): PutBatch {
    const batch = makeBatch(entries, this.#random.uuid());
    this.#batches.add(batch);
    for (const lane of batch.lanes) lane.outstanding += 1;
    return batch;
  }

  #close(batch: PutBatch): void {
    if (!this.#batches.delete(batch)) return;
    for (const lane of batch.lanes) lane.outstanding -= 1;
  }

  #countSending(batch: PutBatch): void {
    this.counts.requests += 1;
    this.counts.requestKinesisRecords.observe(batch.entries.length);
    for (const { records } of batch.entries) for (const record of records) record.attempts += 1;
  }

  /** Sends the same request later, unless the time of a record in it is over: then the others get another one. */
  #again(batch: PutBatch, error: TransportError, nowMs: number): void {
    for (const { records } of batch.entries) {
      for (const record of records) {
        record.lastFailure = error.message;
        if (error.kind === "unavailable") record.mayBeStored = true;
      }
    }
    batch.failures += 1;
    batch.retryAtMs =
      nowMs + retryDelayMs(this.#random, error.kind === "throttled" ? "throttled" : "failed", batch.failures);
    if (batch.earliestDeadlineMs <= batch.retryAtMs) batch.retryAtMs = Math.max(nowMs, batch.earliestDeadlineMs);
  }

  #expire(nowMs: number): void {
    for (const lane of [this.#unrouted, ...this.#lanes.values()]) {
      for (const record of lane.expire(nowMs)) this.ledger.expired(record, nowMs);
    }
    for (const batch of this.#batches) {
      if (batch.retryAtMs === undefined || batch.earliestDeadlineMs > nowMs) continue;
      this.#close(batch);
      this.#requeue(
        batch.entries.flatMap(({ records }) => records),
        nowMs,
      );
    }
  }

  /** What must be sent again goes back to the front of its lane, which may be another one by now. */
  #requeue(records: readonly PendingRecord[], nowMs: number): void {
    const byLane = new Map<ShardLane, PendingRecord[]>();
    for (const record of records) {
      if (record.settled) continue;
      if (record.deadlineMs <= nowMs) {
        this.ledger.expired(record, nowMs);
        continue;
      }
      const lane = this.#laneOf(record);
      const list = byLane.get(lane);
      if (list === undefined) byLane.set(lane, [record]);
      else list.push(record);
    }
    for (const [lane, list] of byLane) lane.pushFront(list);
  }

  /** Stored, but perhaps not where it was meant to be. */
  #stored(entry: BatchEntry, outcome: Stored, nowMs: number): void {
    const [first] = entry.records;
    if (outcome.shardId === entry.lane.shardId || first === undefined) return this.#settleStored(entry, outcome, nowMs);
    if (this.#keeper.map?.shardOf(first) !== outcome.shardId) this.#keeper.want();
    // A record of its own is where its own hash key led.
    if (entry.records.length === 1) return this.#settleStored(entry, outcome, nowMs);
    const owned = this.#keeper.map?.owns(outcome.shardId, entry.records);
    if (owned === true) return this.#settleStored(entry, outcome, nowMs);
    if (owned === false) return this.#stray(entry, nowMs);
    entry.lane.outstanding += 1;
    this.#judge.add(entry, outcome);
    this.#keeper.want();
  }

  /** Consumers drop this aggregate as a whole, so all of it is sent again. */
  #stray(entry: BatchEntry, nowMs: number): void {
    this.counts.strayAggregates += 1;
    for (const record of entry.records) record.lastFailure = "a reshard overtook its aggregate";
    this.#requeue(entry.records, nowMs);
  }

  #settleStored(entry: BatchEntry, { shardId, sequenceNumber }: Stored, nowMs: number): void {
    const { counts } = this;
    counts.storedKinesisRecords += 1;
    counts.recordsPerKinesisRecord.observe(entry.records.length);
    const aggregated = entry.records.length > 1;
    entry.records.forEach((record, subSequenceNumber) => {
      const where = { shardId, sequenceNumber, attempts: record.attempts };
      this.ledger.stored(record, aggregated ? { ...where, subSequenceNumber } : where, nowMs);
    });
  }

  #wakeAtMs(nowMs: number): number {
    const listAtMs = this.ledger.records > 0 ? this.#keeper.dueMs : undefined;
    let wakeAtMs = Math.min(listAtMs ?? Infinity, this.#unrouted.earliestDeadlineMs);
    const quiescing = this.#ordered && this.#keeper.map !== this.#map;
    const mayMake = this.#hasCapacity && !quiescing;
    for (const lane of this.#lanes.values()) {
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
