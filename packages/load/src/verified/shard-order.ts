/** Checks the records of one shard as they come in log order, and remembers that order in constant memory. */
import { BATCH_MAX, nameOf } from "./record-content.ts";
import { hash53, type RecordHistory } from "./record-history.ts";

/** A record as GetRecords gives it. */
export interface ReadRecord {
  readonly PartitionKey: string;
  readonly SequenceNumber: string;
  readonly Data: string;
}

/** The order of the first `count` records of a shard, as a hash over all of them. */
export interface OrderMark {
  readonly count: number;
  readonly chain: number;
}

/** See the file comment. What is wrong goes to the history's violations. */
export class ShardOrder {
  readonly shardId: string;
  /** Number of the last record taken; undefined before the first. */
  lastNumber: string | undefined;
  readonly #history: RecordHistory;
  #count = 0;
  #chain = 0;
  /** Last batch seen of each producer, also in the shard's parents: a producer sends a batch when the one before is stored. */
  readonly #lastBatch: Map<number, number>;

  constructor(history: RecordHistory, shardId: string, parents: readonly ShardOrder[]) {
    this.#history = history;
    this.shardId = shardId;
    this.#lastBatch = new Map();
    for (const parent of parents) {
      for (const [producer, batch] of parent.#lastBatch) {
        this.#lastBatch.set(producer, Math.max(batch, this.#lastBatch.get(producer) ?? 0));
      }
    }
  }

  get mark(): OrderMark {
    return { count: this.#count, chain: this.#chain };
  }

  /** Takes the next record; answers its producer and count when it is what its name says. */
  take(record: ReadRecord): { readonly producer: number; readonly count: number } | undefined {
    const { PartitionKey: key, SequenceNumber: number } = record;
    if (this.lastNumber !== undefined && !isAbove(number, this.lastNumber)) {
      this.#history.violate(`reordered: ${number} comes after ${this.lastNumber} in ${this.shardId}`);
    }
    this.lastNumber = number;
    this.#count += 1;
    this.#chain = hash53(`${this.#chain} ${key} ${number}`);
    const name = nameOf(key, Buffer.from(record.Data, "base64"));
    if (name === undefined) {
      this.#history.violate(`altered: the record at ${number} in ${this.shardId} (key ${key}) is not as it was put`);
      return undefined;
    }
    this.#history.read(name, this.shardId, number);
    const batch = Math.floor(name.count / BATCH_MAX);
    const before = this.#lastBatch.get(name.producer) ?? -1;
    if (batch < before) {
      this.#history.violate(`reordered: ${key} in ${this.shardId} at ${number} comes after batch ${before}`);
    } else this.#lastBatch.set(name.producer, batch);
    return name;
  }
}

/** Decimal numbers without leading zeros. */
function isAbove(number: string, other: string): boolean {
  return number.length === other.length ? number > other : number.length > other.length;
}
