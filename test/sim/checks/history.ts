/**
 * What clients were told, and whether it can all be true: every record has one place for ever, all readers see one order,
 * and nothing acknowledged is missing. A contradiction throws as soon as somebody could see it.
 */
import { ShardOrder, ShardReading } from "./shard-order.ts";

/** Where a record lies. Sequence numbers are compared as the whole numbers they are. */
export interface RecordPlace {
  readonly shardId: string;
  readonly sequenceNumber: string;
}

/** See the file comment. */
export class History {
  readonly #orders = new Map<string, ShardOrder>();
  readonly #lastOfKey = new Map<string, bigint>();
  readonly #placesTaken = new Map<string, string>();
  acknowledgedCount = 0;

  /** A put of `data` under `key` succeeded. Puts of one key are made one after the other. */
  acknowledged(data: string, key: string, { shardId, sequenceNumber }: RecordPlace): void {
    const number = BigInt(sequenceNumber);
    const last = this.#lastOfKey.get(key) ?? -1n;
    if (number <= last) throw new Error(`${data} of key ${key} got ${number}, the one before it ${last}`);
    this.#lastOfKey.set(key, number);
    const text = `${shardId}/${sequenceNumber}`;
    const other = this.#placesTaken.get(text);
    if (other !== undefined) throw new Error(`${data} and ${other} were both acknowledged at ${text}`);
    this.#placesTaken.set(text, data);
    this.#order(shardId).acknowledged(data, number);
    this.acknowledgedCount += 1;
  }

  /** A reader that begins at the horizon; it reports what it reads. */
  reading(who: string, shardId: string): ShardReading {
    return new ShardReading(who, this.#order(shardId));
  }

  /** Records that anybody has read. */
  get seenCount(): number {
    return [...this.#orders.values()].reduce((sum, { seen }) => sum + seen.length, 0);
  }

  /** Everything acknowledged must have been seen where it was promised, by readers that have read everything. */
  requireComplete(): void {
    for (const order of this.#orders.values()) order.requireAllAcknowledged();
  }

  #order(shardId: string): ShardOrder {
    let order = this.#orders.get(shardId);
    if (order === undefined) this.#orders.set(shardId, (order = new ShardOrder(shardId)));
    return order;
  }
}
