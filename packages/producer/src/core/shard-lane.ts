/** What waits for one shard, when some of it may be sent, and how much. */
import type { Random } from "@millrace/base";
import { packEntries, type PackedEntry, type PackRoom } from "./pack-entries.ts";
import type { PendingRecord } from "./pending-record.ts";
import type { ProducerSettings } from "./producer-settings.ts";
import { RecordQueue } from "./record-queue.ts";
import { retryDelayMs, type retryWaits } from "./retry-delay.ts";
import { ShardRate } from "./shard-rate.ts";

/** How far a batch of one record per key looks for other keys. */
const KEY_SCAN_MAX = 5_000;

/** See the file comment. Time is passed in. */
export class ShardLane {
  readonly shardId: string;
  readonly queue: RecordQueue = new RecordQueue();
  readonly rate: ShardRate = new ShardRate();
  /** Batches with entries of this lane that are not answered yet. */
  outstanding = 0;
  readonly #settings: ProducerSettings;
  readonly #random: Random;
  #earliestDeadlineMs = Infinity;
  #blockedUntilMs = -Infinity;
  #failuresInARow = 0;

  constructor(shardId: string, settings: ProducerSettings, random: Random) {
    this.shardId = shardId;
    this.#settings = settings;
    this.#random = random;
  }

  push(record: PendingRecord): void {
    this.queue.push(record);
    this.#earliestDeadlineMs = Math.min(this.#earliestDeadlineMs, record.deadlineMs);
  }

  /** Takes back what must be sent again, before everything else. */
  pushFront(records: readonly PendingRecord[]): void {
    this.queue.unshift(records);
    for (const { deadlineMs } of records) this.#earliestDeadlineMs = Math.min(this.#earliestDeadlineMs, deadlineMs);
  }

  /** Whether waiting longer would not make a better batch. */
  get full(): boolean {
    const { count, bytes } = this.queue;
    const { aggregation, requestRecordsMax, batchBytes } = this.#settings;
    return bytes >= batchBytes || (!aggregation && count >= requestRecordsMax);
  }

  /** No record in it is past its deadline before this. */
  get earliestDeadlineMs(): number {
    return this.queue.count === 0 ? Infinity : this.#earliestDeadlineMs;
  }

  /** When the lane may send next; `flushNumber`: records up to that number do not linger. */
  sendableAtMs(nowMs: number, flushNumber: number): number {
    const head = this.queue.first;
    if (head === undefined || (this.#settings.order !== "none" && this.outstanding > 0)) return Infinity;
    const impatient = this.full || head.number <= flushNumber || head.attempts > 0;
    const dueMs = impatient ? nowMs : head.arrivedMs + this.#settings.lingerMs;
    return Math.max(dueMs, this.#blockedUntilMs, this.rate.readyAtMs(nowMs));
  }

  /** Takes the entries of the next batch off the queue. */
  take(room: Omit<PackRoom, "cost">, nowMs: number): PackedEntry[] {
    const { order, aggregation, batchBytes } = this.#settings;
    const packRoom = {
      entries: order === "key" && aggregation ? 1 : room.entries,
      bytes: Math.min(room.bytes, batchBytes),
      atLeastOne: room.atLeastOne,
      cost: this.rate.budget(nowMs),
    };
    const entries = order === "key" && !aggregation ? this.#takeOnePerKey(packRoom) : this.#takeInOrder(packRoom);
    let cost = 0;
    for (const entry of entries) cost += entry.cost;
    this.rate.sent(cost, nowMs);
    return entries;
  }

  /** Removes the records whose time is over; the caller settles them. */
  expire(nowMs: number): PendingRecord[] {
    if (nowMs < this.earliestDeadlineMs) return [];
    this.#earliestDeadlineMs = Infinity;
    const expired: PendingRecord[] = [];
    for (const record of this.queue.drain()) {
      if (record.settled) continue;
      if (record.deadlineMs <= nowMs) expired.push(record);
      else this.push(record);
    }
    return expired;
  }

  /** Something sent to it was not stored: it pauses, longer each time. */
  pause(kind: keyof typeof retryWaits, nowMs: number): void {
    this.#failuresInARow += 1;
    this.#blockedUntilMs = nowMs + retryDelayMs(this.#random, kind, this.#failuresInARow);
  }

  /** Something sent to it was stored. */
  succeeded(): void {
    this.#failuresInARow = 0;
  }

  #takeInOrder(room: PackRoom): PackedEntry[] {
    const { entries, taken } = packEntries(this.queue.records(), room, this.#settings);
    this.queue.removeFront(taken);
    return entries;
  }

  /** One record of each key; later ones of the same keys stay where they are. */
  #takeOnePerKey(room: PackRoom): PackedEntry[] {
    const keys = new Set<string>();
    const picked: PendingRecord[] = [];
    const kept: PendingRecord[] = [];
    let looked = 0;
    for (const record of this.queue.records()) {
      if (looked >= KEY_SCAN_MAX || picked.length >= room.entries) break;
      looked += 1;
      if (record.settled) continue;
      if (keys.has(record.partitionKey)) kept.push(record);
      else picked.push(record);
      keys.add(record.partitionKey);
    }
    const { entries, taken } = packEntries(picked, room, this.#settings);
    const left = picked.slice(taken);
    // Back in the order of their puts: what did not fit stands before what waits for it.
    this.queue.removeFront(
      looked,
      [...left, ...kept].toSorted((a, b) => a.number - b.number),
    );
    return entries;
  }
}
