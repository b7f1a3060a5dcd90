/** The one order of a shard, as far as anybody has seen it, against what was acknowledged and what each reader gets. */

interface SeenRecord {
  readonly sequenceNumber: bigint;
  readonly data: string;
}

/** See the file comment. */
export class ShardOrder {
  readonly shardId: string;
  readonly seen: SeenRecord[] = [];
  readonly #positions = new Map<string, bigint>();
  /** Acknowledged and not seen yet: by number. */
  readonly #expected = new Map<bigint, string>();
  readonly #dataAt = new Map<bigint, string>();
  /** Some reader has come to the end of the shard. */
  isEnded = false;

  constructor(shardId: string) {
    this.shardId = shardId;
  }

  acknowledged(data: string, number: bigint): void {
    const last = this.seen.at(-1)?.sequenceNumber ?? -1n;
    const found = this.#dataAt.get(number);
    if (found === undefined) {
      if (number <= last) throw new Error(`${data} is acknowledged at ${number}, which readers have passed without it`);
      if (this.isEnded) throw new Error(`${data} is acknowledged at ${number}, after ${this.shardId} has ended`);
      this.#expected.set(number, data);
    } else if (found !== data) {
      throw new Error(`acknowledged ${data} at ${this.shardId}/${number} is ${found}`);
    }
  }

  /** `who` is the first to read the record after all that were seen before. */
  extend(who: string, number: bigint, data: string): void {
    const last = this.seen.at(-1);
    const where = `${number} in ${this.shardId}`;
    if (last !== undefined && last.sequenceNumber >= number)
      throw new Error(`${who} read ${data} at ${where} after ${last.data} at ${last.sequenceNumber}`);
    if (this.isEnded) throw new Error(`${who} read ${data} at ${where}, which had ended`);
    const twin = this.#positions.get(data);
    if (twin !== undefined)
      throw new Error(`${data} exists at ${twin} and at ${where}: a retried append was stored again`);
    this.#positions.set(data, number);
    this.#dataAt.set(number, data);
    this.seen.push({ sequenceNumber: number, data });
    for (const [promised, expected] of this.#expected) {
      if (promised > number) continue;
      if (promised < number) throw new Error(`${who} read on to ${where} without ${expected} at ${promised}`);
      if (expected !== data) throw new Error(`${who} read ${data} at ${where}, where ${expected} was acknowledged`);
      this.#expected.delete(promised);
    }
  }

  requireAllAcknowledged(): void {
    for (const [number, data] of this.#expected)
      throw new Error(`acknowledged ${data} at ${this.shardId}/${number} is lost`);
  }
}

/** One reader in one shard, from its horizon on. */
export class ShardReading {
  readonly #who: string;
  readonly #order: ShardOrder;
  #next = 0;
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
    return this.#order.seen[this.#next - 1]?.sequenceNumber ?? -1n;
  }

  /** Whether it has read everything that anybody has, up to the end if anybody came there. */
  get hasReadAll(): boolean {
    return this.#next === this.#order.seen.length && this.#ended === this.#order.isEnded;
  }

  /** The next record this reader got. */
  read(sequenceNumber: string, data: string): void {
    const number = BigInt(sequenceNumber);
    const known = this.#order.seen[this.#next];
    if (known === undefined) this.#order.extend(this.#who, number, data);
    else if (known.sequenceNumber !== number || known.data !== data) {
      throw new Error(
        `${this.#who} read ${data} at ${number} in ${this.shardId} where others read ${known.data} at ${known.sequenceNumber}`,
      );
    }
    this.#next += 1;
  }

  /** It was told that nothing follows. */
  end(): void {
    const missed = this.#order.seen[this.#next];
    if (missed !== undefined)
      throw new Error(
        `${this.#who} was told that ${this.shardId} ends before ${missed.data} at ${missed.sequenceNumber}`,
      );
    this.#ended = true;
    this.#order.isEnded = true;
  }
}
