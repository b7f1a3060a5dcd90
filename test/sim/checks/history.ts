/**
 * What clients were told, and whether it can all be true: every record has one place for ever, all readers see one order,
 * nothing is read that nobody put, and nothing acknowledged is missing that was younger than its retention when it was first
 * missed. A contradiction throws as soon as somebody could see it.
 */
import { ShardOrder, ShardReading, type RecordRules } from "./shard-order.ts";

/** Where a record lies. Sequence numbers are compared as the whole numbers they are. */
export interface RecordPlace {
  readonly shardId: string;
  readonly sequenceNumber: string;
}

/** The retention of streams as they are created. */
const RETENTION_MS = 24 * 3_600_000;
/**
 * Arrival is stamped by a clock that may be ten minutes slow, and judged by one that may be ten minutes fast and agrees
 * within a minute with another.
 */
const CLOCKS_WRONG_MS = 21 * 60_000;

/** See the file comment. */
export class History {
  readonly #wallMs: () => number;
  readonly #orders = new Map<string, ShardOrder>();
  readonly #rules: RecordRules;
  /** When each record was first sent, by the true wall clock. */
  readonly #sentMs = new Map<string, number>();
  readonly #lastOfKey = new Map<string, bigint>();
  readonly #trimmed = new Set<string>();
  readonly #shardOf = new Map<string, string>();
  acknowledgedCount = 0;
  /** Records that anybody has read. */
  seenCount = 0;

  /** `wallMs`: the true wall clock. */
  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
    this.#rules = {
      wallMs,
      requireOld: (data, atMs, what) => this.#requireOld(data, atMs, what),
      seen: (data) => this.#seen(data),
      requireOnlyHere: (data, shardId) => this.#requireOnlyHere(data, shardId),
    };
  }

  /** Records that somebody found gone, as they may be. */
  get trimmedCount(): number {
    return this.#trimmed.size;
  }

  /** A put of `data` begins. */
  sent(data: string): void {
    this.#sentMs.set(data, this.#wallMs());
  }

  /** A put of `data` under `key` succeeded. Puts of one key are made one after the other. */
  acknowledged(data: string, key: string, { shardId, sequenceNumber }: RecordPlace): void {
    const number = BigInt(sequenceNumber);
    const last = this.#lastOfKey.get(key) ?? -1n;
    if (number <= last) throw new Error(`${data} of key ${key} got ${number}, the one before it ${last}`);
    this.#lastOfKey.set(key, number);
    this.#order(shardId).acknowledged(data, number);
    this.acknowledgedCount += 1;
  }

  /** A reader that begins at the horizon; it reports what it reads. */
  reading(who: string, shardId: string): ShardReading {
    return new ShardReading(who, this.#order(shardId));
  }

  /** A closed shard is dropped with all that was in it. */
  shardDropped(shardId: string): void {
    this.#order(shardId).dropped();
  }

  /** Everything acknowledged must have been seen where it was promised, by readers that have read everything. */
  requireComplete(): void {
    for (const order of this.#orders.values()) order.requireAllAcknowledged();
  }

  #order(shardId: string): ShardOrder {
    let order = this.#orders.get(shardId);
    if (order === undefined) this.#orders.set(shardId, (order = new ShardOrder(shardId, this.#rules)));
    return order;
  }

  #seen(data: string): void {
    if (!this.#sentMs.has(data)) throw new Error(`${data} was read, and nobody put it`);
    this.seenCount += 1;
  }

  #requireOnlyHere(data: string, shardId: string): void {
    const other = this.#shardOf.get(data);
    if (other !== undefined && other !== shardId)
      throw new Error(`${data} exists in ${other} and in ${shardId}: a retried append was stored again`);
    this.#shardOf.set(data, shardId);
  }

  /** Throws unless the record had reached the end of its retention at `atMs`. */
  #requireOld(data: string, atMs: number, what: string): void {
    const ageMs = atMs - (this.#sentMs.get(data) ?? atMs);
    if (ageMs >= RETENTION_MS - CLOCKS_WRONG_MS) return void this.#trimmed.add(data);
    throw new Error(`${data} ${what}, ${(ageMs / 3_600_000).toFixed(2)} hours after it was put`);
  }
}
