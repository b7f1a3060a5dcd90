/** Collects user records into one aggregate, knowing before each one how large the result would be, to the byte. */
import { assert, md5 } from "@millrace/base";
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

  /** The index `key` has, or undefined. */
  find(key: string): number | undefined {
    return this.#indexes.get(key);
  }

  /** The index the next new key gets. */
  get next(): number {
    return this.#indexes.size;
  }

  add(key: string): void {
    this.#indexes.set(key, this.#indexes.size);
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

/** Stands for an absent explicit hash key. */
const NONE = -1;

/**
 * One aggregate in the making. Records are kept by reference until {@link build}. Group only records whose hash keys belong to
 * one shard: consumers drop an aggregate that holds any other, trusting its producer to send it again.
 */
export class AggregateBuilder {
  readonly #bytesMax: number;
  readonly #partitionKeys = new KeyTable(aggregateField.partitionKey);
  readonly #explicitHashKeys = new KeyTable(aggregateField.explicitHashKey);
  readonly #records: UserRecord[] = [];
  /** Of each record: index of its partition key, of its explicit hash key or {@link NONE}, length of its message. */
  readonly #written: number[] = [];
  #bytes = AGGREGATE_OVERHEAD_BYTES;
  /** What the record looked at last would add: worked out once, for the question and for the answer. */
  #partitionKeyIndex = 0;
  #explicitHashKeyIndex = NONE;
  #messageBytes = 0;

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
    return this.#bytes + this.#measure(record);
  }

  /** Takes `record`, or answers false and takes nothing when the aggregate would be longer than `bytesMax`. */
  tryAdd(record: UserRecord): boolean {
    const growth = this.#measure(record);
    if (this.#bytes + growth > this.#bytesMax) return false;
    const { partitionKey, explicitHashKey } = record;
    if (this.#partitionKeyIndex === this.#partitionKeys.next) this.#partitionKeys.add(partitionKey);
    if (explicitHashKey !== undefined && this.#explicitHashKeyIndex === this.#explicitHashKeys.next) {
      this.#explicitHashKeys.add(explicitHashKey);
    }
    this.#records.push(record);
    this.#written.push(this.#partitionKeyIndex, this.#explicitHashKeyIndex, this.#messageBytes);
    this.#bytes += growth;
    return true;
  }

  /** The encoded aggregate. The builder stays as it is. */
  build(): Buffer {
    const target = Buffer.allocUnsafe(this.#bytes);
    target.set(AGGREGATE_MAGIC);
    let at = this.#partitionKeys.write(target, AGGREGATE_MAGIC.length);
    at = this.#explicitHashKeys.write(target, at);
    for (let index = 0; index < this.#records.length; index += 1) {
      const partitionKeyIndex = this.#written[3 * index] as number;
      const explicitHashKeyIndex = this.#written[3 * index + 1] as number;
      const messageBytes = this.#written[3 * index + 2] as number;
      const { data } = this.#records[index] as UserRecord;
      target[at] = fieldTag(aggregateField.record, wireType.bytes);
      at = writeVarint(target, messageBytes, at + 1);
      target[at] = fieldTag(recordField.partitionKeyIndex, wireType.varint);
      at = writeVarint(target, partitionKeyIndex, at + 1);
      if (explicitHashKeyIndex !== NONE) {
        target[at] = fieldTag(recordField.explicitHashKeyIndex, wireType.varint);
        at = writeVarint(target, explicitHashKeyIndex, at + 1);
      }
      target[at] = fieldTag(recordField.data, wireType.bytes);
      at = writeVarint(target, data.length, at + 1);
      target.set(data, at);
      at += data.length;
    }
    assert(at === this.#bytes - AGGREGATE_DIGEST_BYTES, "an aggregate is as long as was counted");
    target.set(md5(target.subarray(AGGREGATE_MAGIC.length, at)), at);
    return target;
  }

  /** Bytes `record` would add; what they are made of stays in the fields. */
  #measure({ partitionKey, explicitHashKey, data }: UserRecord): number {
    const known = this.#partitionKeys.find(partitionKey);
    this.#partitionKeyIndex = known ?? this.#partitionKeys.next;
    let messageBytes = 1 + varintBytes(this.#partitionKeyIndex) + fieldBytes(data.length);
    let growth = known === undefined ? fieldBytes(Buffer.byteLength(partitionKey)) : 0;
    this.#explicitHashKeyIndex = NONE;
    if (explicitHashKey !== undefined) {
      const knownHashKey = this.#explicitHashKeys.find(explicitHashKey);
      this.#explicitHashKeyIndex = knownHashKey ?? this.#explicitHashKeys.next;
      messageBytes += 1 + varintBytes(this.#explicitHashKeyIndex);
      if (knownHashKey === undefined) growth += fieldBytes(Buffer.byteLength(explicitHashKey));
    }
    this.#messageBytes = messageBytes;
    return growth + fieldBytes(messageBytes);
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
