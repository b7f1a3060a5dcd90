/**
 * The one order of a shard, as far as anybody knows it, against what was acknowledged and what each reader gets. Readers
 * get every offset in turn but those of trim and close records; whatever else they pass over must be old.
 */
import { decodeSequenceNumber } from "@millrace/model";

/** What concerns records of all shards alike. */
export interface RecordRules {
  /** The true wall clock. */
  readonly wallMs: () => number;
  /** Throws unless the record was old enough at that time to be gone; `what` became of it instead. */
  requireOld(data: string, atMs: number, what: string): void;
  /** Throws when the record is known to lie in another shard. */
  requireOnlyHere(data: string, shardId: string): void;
  /** Somebody is the first to read the record. */
  seen(data: string): void;
}

interface KnownRecord {
  readonly number: bigint;
  readonly data: string;
}

/** Offsets [from, to) that a reader passed over at a time of the true wall clock. */
interface PassedOver {
  readonly who: string;
  readonly from: number;
  readonly to: number;
  readonly atMs: number;
}

/** See the file comment. */
export class ShardOrder {
  readonly shardId: string;
  readonly rules: RecordRules;
  /** By offset: what was acknowledged there or read there. */
  readonly #known = new Map<number, KnownRecord>();
  readonly #offsetOf = new Map<string, number>();
  readonly #seen = new Set<string>();
  readonly #passedOver: PassedOver[] = [];
  /** Just after the last offset at which something is known, and at which something was read. */
  knownEnd = 0;
  seenEnd = 0;
  /** Some reader has come to the end of the shard. */
  isEnded = false;
  isDropped = false;

  constructor(shardId: string, rules: RecordRules) {
    this.shardId = shardId;
    this.rules = rules;
  }

  acknowledged(data: string, number: bigint): void {
    this.#know("a producer", offsetOf(number), { number, data });
  }

  /** `who` reads a record. */
  read(who: string, record: KnownRecord): void {
    const offset = offsetOf(record.number);
    this.#know(who, offset, record);
    if (this.#seen.has(record.data)) return;
    this.#seen.add(record.data);
    this.seenEnd = Math.max(this.seenEnd, offset + 1);
    this.rules.seen(record.data);
  }

  /** Whatever lies at these offsets must be old by now, whether it is known already or heard of later. */
  passOver(who: string, from: number, to: number): void {
    const passed = { who, from, to, atMs: this.rules.wallMs() };
    for (let offset = from; offset < Math.min(to, this.knownEnd); offset += 1) {
      const record = this.#known.get(offset);
      if (record !== undefined) this.#requirePassed(record, passed);
    }
    this.#passedOver.push(passed);
  }

  dropped(): void {
    this.isDropped = true;
    const atMs = this.rules.wallMs();
    for (const { data } of this.#known.values()) {
      this.rules.requireOld(data, atMs, `is dropped with ${this.shardId}`);
    }
  }

  requireAllAcknowledged(): void {
    const atMs = this.rules.wallMs();
    for (const { data, number } of this.#known.values()) {
      if (!this.#seen.has(data)) this.rules.requireOld(data, atMs, `acknowledged at ${this.shardId}/${number} is lost`);
    }
  }

  #know(who: string, offset: number, { number, data }: KnownRecord): void {
    const where = `${number} in ${this.shardId}`;
    const known = this.#known.get(offset);
    if (known?.number === number && known.data === data) return;
    if (known !== undefined)
      throw new Error(`${who} has ${data} at ${where} where others have ${known.data} at ${known.number}`);
    const twin = this.#offsetOf.get(data);
    if (twin !== undefined)
      throw new Error(`${data} exists at offset ${twin} and at ${where}: a retried append was stored again`);
    this.rules.requireOnlyHere(data, this.shardId);
    this.#known.set(offset, { number, data });
    this.#offsetOf.set(data, offset);
    this.knownEnd = Math.max(this.knownEnd, offset + 1);
    for (const passed of this.#passedOver) {
      if (offset >= passed.from && offset < passed.to) this.#requirePassed({ number, data }, passed);
    }
  }

  #requirePassed({ data, number }: KnownRecord, { who, atMs }: PassedOver): void {
    this.rules.requireOld(data, atMs, `at ${number} in ${this.shardId} is missed by ${who}`);
  }
}

/** One reader in one shard, from its horizon on. */
export class ShardReading {
  readonly #who: string;
  readonly #order: ShardOrder;
  #lastOffset = -1;
  #lastNumber = -1n;
  #ended = false;

  constructor(who: string, order: ShardOrder) {
    this.#who = who;
    this.#order = order;
  }

  get shardId(): string {
    return this.#order.shardId;
  }

  /** It was told that the shard has ended. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Of the last record it has read; -1 before the first. */
  get lastNumber(): bigint {
    return this.#lastNumber;
  }

  /** Whether it has read everything that anybody has, up to the end if anybody came there. */
  get hasReadAll(): boolean {
    if (this.#order.isDropped) return true;
    return this.#lastOffset + 1 >= this.#order.seenEnd && this.#ended === this.#order.isEnded;
  }

  /** Just after the last offset that anybody knows of now. */
  get knownEnd(): number {
    return this.#order.knownEnd;
  }

  /** The next record this reader got. */
  read(sequenceNumber: string, data: string): void {
    const number = BigInt(sequenceNumber);
    const offset = offsetOf(number);
    if (offset <= this.#lastOffset || number <= this.#lastNumber) {
      const place = `${number} in ${this.shardId}`;
      throw new Error(`${this.#who} read ${data} at ${place} after offset ${this.#lastOffset}`);
    }
    this.nothingBefore(offset);
    this.#order.read(this.#who, { number, data });
    this.#lastOffset = offset;
    this.#lastNumber = number;
  }

  /** What this reader has not read below an offset it will not get any more. */
  nothingBefore(offset: number): void {
    if (offset <= this.#lastOffset + 1) return;
    this.#order.passOver(this.#who, this.#lastOffset + 1, offset);
    this.#lastOffset = offset - 1;
  }

  /** It is to go on after a continuation sequence number. */
  goesOnAfter(continuation: string): void {
    this.nothingBefore(offsetOf(BigInt(continuation)) + 1);
  }

  /** It was told that nothing follows, now or ever. */
  end(): void {
    this.#order.passOver(this.#who, this.#lastOffset + 1, Infinity);
    this.#lastOffset = Math.max(this.#lastOffset, this.#order.knownEnd - 1);
    this.#ended = true;
    this.#order.isEnded = true;
  }
}

function offsetOf(number: bigint): number {
  const fields = decodeSequenceNumber(number);
  if (fields === undefined) throw new Error(`${number} is no sequence number`);
  return Number(fields.sequenceIndex) - 1;
}
