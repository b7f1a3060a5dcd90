/** Collects user records into one aggregate, knowing before each one how large the result would be, to the byte. */
import { asBuffer, assert, md5 } from "@millrace/base";
import {
  AGGREGATE_DIGEST_BYTES,
  AGGREGATE_MAGIC,
  AGGREGATE_OVERHEAD_BYTES,
  aggregateField,
  fieldTag,
  recordField,
  wireType,
} from "./aggregate-format.ts";
import type { UserRecord } from "./user-record.ts";

/** Keys of one kind in the order of their first use, each once. */
class KeyTable {
  readonly #indexes = new Map<string, number>();
  readonly #field: number;

  constructor(field: number) {
    this.#field = field;
  }

  /** The index `key` has or would get. */
  indexOf(key: string): number {
    return this.#indexes.get(key) ?? this.#indexes.size;
  }

  /** Bytes the table would grow by with `key`. */
  growth(key: string): number {
    return this.#indexes.has(key) ? 0 : fieldBytes(Buffer.byteLength(key));
  }

  add(key: string): void {
    if (!this.#indexes.has(key)) this.#indexes.set(key, this.#indexes.size);
  }

  write(target: Buffer, start: number): number {
    let at = start;
    for (const key of this.#indexes.keys()) {
      target[at] = fieldTag(this.#field, wireType.bytes);
      at = writeVarint(target, Buffer.byteLength(key), at + 1);
      at += target.write(key, at);
    }
    return at;
  }
}

/**
 * One aggregate in the making. Records are kept by reference until {@link build}. Group only records whose hash keys belong to
 * one shard: consumers drop an aggregate that holds any other, trusting its producer to send it again.
 */
export class AggregateBuilder {
  readonly #bytesMax: number;
  readonly #partitionKeys = new KeyTable(aggregateField.partitionKey);
  readonly #explicitHashKeys = new KeyTable(aggregateField.explicitHashKey);
  readonly #records: UserRecord[] = [];
  #bytes = AGGREGATE_OVERHEAD_BYTES;

  /** `bytesMax` limits the encoded aggregate. */
  constructor(bytesMax: number = Number.MAX_SAFE_INTEGER) {
    this.#bytesMax = bytesMax;
  }

  /** Records taken so far. */
  get count(): number {
    return this.#records.length;
  }

  /** Exact length of what {@link build} would answer now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Exact length of what {@link build} would answer after `record` as well. */
  bytesWith(record: UserRecord): number {
    return this.#bytes + this.#growth(record);
  }

  /** Takes `record`, or answers false and takes nothing when the aggregate would be longer than `bytesMax`. */
  tryAdd(record: UserRecord): boolean {
    const growth = this.#growth(record);
    if (this.#bytes + growth > this.#bytesMax) return false;
    this.#partitionKeys.add(record.partitionKey);
    if (record.explicitHashKey !== undefined) this.#explicitHashKeys.add(record.explicitHashKey);
    this.#records.push(record);
    this.#bytes += growth;
    return true;
  }

  /** The encoded aggregate. The builder stays as it is. */
  build(): Buffer {
    const target = Buffer.allocUnsafe(this.#bytes);
    target.set(AGGREGATE_MAGIC);
    let at = this.#partitionKeys.write(target, AGGREGATE_MAGIC.length);
    at = this.#explicitHashKeys.write(target, at);
    for (const record of this.#records) at = this.#writeRecord(target, record, at);
    assert(at === this.#bytes - AGGREGATE_DIGEST_BYTES, "an aggregate is as long as was counted");
    target.set(md5(target.subarray(AGGREGATE_MAGIC.length, at)), at);
    return target;
  }

  #growth(record: UserRecord): number {
    const { partitionKey, explicitHashKey } = record;
    const tables =
      this.#partitionKeys.growth(partitionKey) +
      (explicitHashKey === undefined ? 0 : this.#explicitHashKeys.growth(explicitHashKey));
    return tables + fieldBytes(this.#messageBytes(record));
  }

  #messageBytes({ partitionKey, explicitHashKey, data }: UserRecord): number {
    const explicit =
      explicitHashKey === undefined ? 0 : 1 + varintBytes(this.#explicitHashKeys.indexOf(explicitHashKey));
    return 1 + varintBytes(this.#partitionKeys.indexOf(partitionKey)) + explicit + fieldBytes(data.length);
  }

  #writeRecord(target: Buffer, record: UserRecord, start: number): number {
    target[start] = fieldTag(aggregateField.record, wireType.bytes);
    let at = writeVarint(target, this.#messageBytes(record), start + 1);
    target[at] = fieldTag(recordField.partitionKeyIndex, wireType.varint);
    at = writeVarint(target, this.#partitionKeys.indexOf(record.partitionKey), at + 1);
    if (record.explicitHashKey !== undefined) {
      target[at] = fieldTag(recordField.explicitHashKeyIndex, wireType.varint);
      at = writeVarint(target, this.#explicitHashKeys.indexOf(record.explicitHashKey), at + 1);
    }
    target[at] = fieldTag(recordField.data, wireType.bytes);
    at = writeVarint(target, record.data.length, at + 1);
    target.set(asBuffer(record.data), at);
    return at + record.data.length;
  }
}

/** The aggregate of `records`, in their order. */
export function encodeAggregate(records: readonly UserRecord[]): Buffer {
  const builder = new AggregateBuilder();
  for (const record of records) builder.tryAdd(record);
  return builder.build();
}

/** Length of a field with a length in front: tag, length, content. */
function fieldBytes(contentBytes: number): number {
  return 1 + varintBytes(contentBytes) + contentBytes;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

/** Writes `value` and answers the position after it. */
function writeVarint(target: Buffer, value: number, start: number): number {
  let at = start;
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) {
    target[at] = (rest % 0x80) + 0x80;
    at += 1;
  }
  target[at] = rest;
  return at + 1;
}
