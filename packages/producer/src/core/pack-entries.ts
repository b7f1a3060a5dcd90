/** From waiting records to the entries of a request: one each, or packed into aggregates, compressed when asked for. */
import { AggregateBuilder, compressRecord, type UserRecord } from "@millrace/kinesis";
import type { PendingRecord } from "./pending-record.ts";
import type { ProducerSettings } from "./producer-settings.ts";
import { shardCost } from "./shard-rate.ts";

/** One entry of a request and the records in it: several only in an aggregate. */
export interface PackedEntry {
  readonly entry: UserRecord;
  readonly records: readonly PendingRecord[];
  /** As Kinesis counts them. */
  readonly bytes: number;
  /** See `shardCost`. */
  readonly cost: number;
}

/** What there is room for. The first entry is taken whatever its cost, and with `atLeastOne` whatever its size. */
export interface PackRoom {
  readonly entries: number;
  readonly bytes: number;
  readonly cost: number;
  readonly atLeastOne: boolean;
}

type PackSettings = Pick<ProducerSettings, "aggregation" | "aggregateBytesMax" | "compression">;

/**
 * Packs records in their order while there is room, and answers the entries; the records they hold are the first ones of
 * `records`. Records that were settled meanwhile are left out, and must be counted as taken: `taken` says how many of
 * `records` were looked at and need not be looked at again.
 */
export function packEntries(
  records: Iterable<PendingRecord>,
  room: PackRoom,
  settings: PackSettings,
): { readonly entries: PackedEntry[]; readonly taken: number } {
  const packer = new Packer(room, settings);
  let taken = 0;
  for (const record of records) {
    if (!record.settled && !packer.add(record)) break;
    taken += 1;
  }
  return { entries: packer.finish(), taken };
}

class Packer {
  readonly #room: PackRoom;
  readonly #settings: PackSettings;
  readonly #entries: PackedEntry[] = [];
  #bytes = 0;
  #cost = 0;
  #builder: AggregateBuilder | undefined;
  #building: PendingRecord[] = [];

  constructor(room: PackRoom, settings: PackSettings) {
    this.#room = room;
    this.#settings = settings;
  }

  /** Takes `record`, or answers false when there is no room for it. */
  add(record: PendingRecord): boolean {
    if (!this.#settings.aggregation) {
      if (!this.#fits(record.bytes)) return false;
      this.#push(record, [record], record.bytes);
      return true;
    }
    if (this.#builder?.tryAdd(record) === true) {
      this.#building.push(record);
      return true;
    }
    this.#close();
    // Before it is full nobody knows how long the next aggregate will be: there must be room for the longest.
    if (!this.#fits(Math.max(record.bytes, this.#settings.aggregateBytesMax))) return false;
    const builder = new AggregateBuilder(this.#settings.aggregateBytesMax);
    if (builder.tryAdd(record)) {
      this.#builder = builder;
      this.#building = [record];
    } else this.#push(record, [record], record.bytes);
    return true;
  }

  finish(): PackedEntry[] {
    this.#close();
    return this.#entries;
  }

  #fits(bytes: number): boolean {
    const { entries, bytes: roomBytes, cost, atLeastOne } = this.#room;
    const first = this.#entries.length === 0;
    if (first && atLeastOne) return true;
    return this.#entries.length < entries && this.#bytes + bytes <= roomBytes && (first || this.#cost < cost);
  }

  #close(): void {
    const [first] = this.#building;
    if (this.#builder === undefined || first === undefined) return;
    if (this.#building.length === 1) this.#push(first, this.#building, first.bytes);
    else {
      // The keys of its first record: it goes to the shard of all of them, and says something to whoever looks at it.
      const { partitionKey, explicitHashKey } = first;
      const data = this.#builder.build();
      this.#push(
        { partitionKey, explicitHashKey, data },
        this.#building,
        data.length + Buffer.byteLength(partitionKey),
      );
    }
    this.#builder = undefined;
    this.#building = [];
  }

  #push(entry: UserRecord, records: readonly PendingRecord[], plainBytes: number): void {
    let packed = entry;
    let bytes = plainBytes;
    if (this.#settings.compression) {
      const { partitionKey, explicitHashKey } = entry;
      const data = compressRecord(entry.data);
      packed = { partitionKey, explicitHashKey, data };
      bytes += data.length - entry.data.length;
    }
    const cost = shardCost(bytes);
    this.#entries.push({ entry: packed, records, bytes, cost });
    this.#bytes += bytes;
    this.#cost += cost;
  }
}
