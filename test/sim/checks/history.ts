/**
 * What clients were told, and whether it can all be true: every record has one place for ever, all readers see one order,
 * and nothing acknowledged is missing in the end. A contradiction throws at once.
 */

/** Where a record lies. Sequence numbers are compared as the whole numbers they are. */
export interface RecordPlace {
  readonly shardId: string;
  readonly sequenceNumber: string;
}

interface SeenRecord {
  readonly sequenceNumber: bigint;
  readonly data: string;
}

/** See the file comment. */
export class History {
  /** Per shard: what readers have seen, in order. */
  readonly #seen = new Map<string, SeenRecord[]>();
  readonly #acknowledged = new Map<string, RecordPlace>();
  readonly #lastOfKey = new Map<string, bigint>();
  readonly #placesTaken = new Map<string, string>();
  acknowledgedCount = 0;
  seenCount = 0;

  /** A put of `data` under `key` succeeded. Puts of one key are made one after the other. */
  acknowledged(data: string, key: string, place: RecordPlace): void {
    const number = BigInt(place.sequenceNumber);
    const last = this.#lastOfKey.get(key) ?? -1n;
    if (number <= last) throw new Error(`${data} of key ${key} got ${number}, the one before it ${last}`);
    this.#lastOfKey.set(key, number);
    const text = `${place.shardId}/${place.sequenceNumber}`;
    const other = this.#placesTaken.get(text);
    if (other !== undefined) throw new Error(`${data} and ${other} were both acknowledged at ${text}`);
    this.#placesTaken.set(text, data);
    this.#acknowledged.set(data, place);
    this.acknowledgedCount += 1;
  }

  /** A reader that began at the horizon; it reports what it reads to {@link ShardReading.read}. */
  reading(who: string, shardId: string): ShardReading {
    let seen = this.#seen.get(shardId);
    if (seen === undefined) this.#seen.set(shardId, (seen = []));
    return new ShardReading(who, shardId, seen, () => (this.seenCount += 1));
  }

  /** Every acknowledged record must have been seen where it was promised, by readers that have read everything. */
  requireComplete(): void {
    const bySequence = new Map<string, string>();
    for (const [shardId, records] of this.#seen) {
      const datas = new Set<string>();
      for (const { sequenceNumber, data } of records) {
        bySequence.set(`${shardId}/${sequenceNumber}`, data);
        if (datas.has(data)) throw new Error(`${data} exists twice in ${shardId}: a retried append was stored again`);
        datas.add(data);
      }
    }
    for (const [data, { shardId, sequenceNumber }] of this.#acknowledged) {
      const found = bySequence.get(`${shardId}/${sequenceNumber}`);
      if (found === data) continue;
      throw new Error(`acknowledged ${data} at ${shardId}/${sequenceNumber} is ${found ?? "lost"}`);
    }
  }
}

/** One reader in one shard. */
export class ShardReading {
  readonly #who: string;
  readonly #shardId: string;
  readonly #seen: SeenRecord[];
  readonly #onNew: () => void;
  #next = 0;

  constructor(who: string, shardId: string, seen: SeenRecord[], onNew: () => void) {
    this.#who = who;
    this.#shardId = shardId;
    this.#seen = seen;
    this.#onNew = onNew;
  }

  /** The next record this reader got. */
  read(sequenceNumber: string, data: string): void {
    const number = BigInt(sequenceNumber);
    const known = this.#seen[this.#next];
    if (known === undefined) {
      const last = this.#seen.at(-1);
      if (last !== undefined && last.sequenceNumber >= number) {
        throw new Error(
          `${this.#who} read ${data} at ${number} after ${last.data} at ${last.sequenceNumber} in ${this.#shardId}`,
        );
      }
      this.#seen.push({ sequenceNumber: number, data });
      this.#onNew();
    } else if (known.sequenceNumber !== number || known.data !== data) {
      throw new Error(
        `${this.#who} read ${data} at ${number} in ${this.#shardId} where others read ${known.data} at ${known.sequenceNumber}`,
      );
    }
    this.#next += 1;
  }
}
