/** Reads aggregates. Strict where the format is: what does not fit in any place is no aggregate at all. */
import { asBuffer, equalConstantTime, md5 } from "@millrace/base";
import {
  AGGREGATE_DIGEST_BYTES,
  AGGREGATE_MAGIC,
  AGGREGATE_OVERHEAD_BYTES,
  aggregateField,
  hasAggregateMagic,
  recordField,
  wireType,
} from "./aggregate-format.ts";
import { isExplicitHashKey, type UserRecord } from "./user-record.ts";

const FIXED_32_BYTES = 4;
const FIXED_64_BYTES = 8;
const VARINT_BYTES_MAX = 10;

/**
 * The user records of an aggregate in their order (the position is the sub-sequence number), or undefined when `data` is not
 * one: no magic, a wrong digest, a broken message, a key index outside its table, an explicit hash key that is none. The data
 * of the records are views of `data`, not copies.
 */
export function decodeAggregate(data: Uint8Array): UserRecord[] | undefined {
  if (data.length <= AGGREGATE_OVERHEAD_BYTES || !hasAggregateMagic(data)) return undefined;
  const bytes = asBuffer(data);
  const end = bytes.length - AGGREGATE_DIGEST_BYTES;
  const message = bytes.subarray(AGGREGATE_MAGIC.length, end);
  if (!equalConstantTime(md5(message), bytes.subarray(end))) return undefined;
  return readAggregate(new MessageReader(message, 0, message.length));
}

/** A record as it is in the message; indexes still to be looked up, because tables may follow. */
interface IndexedRecord {
  readonly partitionKeyIndex: number;
  readonly explicitHashKeyIndex: number | undefined;
  readonly data: Buffer;
}

function readAggregate(reader: MessageReader): UserRecord[] | undefined {
  const partitionKeys: string[] = [];
  const explicitHashKeys: string[] = [];
  const records: IndexedRecord[] = [];
  while (reader.next()) {
    if (reader.type !== wireType.bytes) continue;
    if (reader.field === aggregateField.partitionKey) partitionKeys.push(reader.text());
    else if (reader.field === aggregateField.explicitHashKey) explicitHashKeys.push(reader.text());
    else if (reader.field === aggregateField.record) {
      const record = readRecord(reader.message());
      if (record === undefined) return undefined;
      records.push(record);
    }
  }
  if (reader.broken || !explicitHashKeys.every(isExplicitHashKey)) return undefined;
  const found: UserRecord[] = [];
  for (const { partitionKeyIndex, explicitHashKeyIndex, data } of records) {
    const partitionKey = partitionKeys[partitionKeyIndex];
    if (partitionKey === undefined) return undefined;
    if (explicitHashKeyIndex === undefined) {
      found.push({ partitionKey, data });
      continue;
    }
    const explicitHashKey = explicitHashKeys[explicitHashKeyIndex];
    if (explicitHashKey === undefined) return undefined;
    found.push({ partitionKey, explicitHashKey, data });
  }
  return found;
}

function readRecord(reader: MessageReader): IndexedRecord | undefined {
  let partitionKeyIndex: number | undefined;
  let explicitHashKeyIndex: number | undefined;
  let data: Buffer | undefined;
  while (reader.next()) {
    if (reader.type === wireType.varint) {
      if (reader.field === recordField.partitionKeyIndex) partitionKeyIndex = reader.value;
      else if (reader.field === recordField.explicitHashKeyIndex) explicitHashKeyIndex = reader.value;
    } else if (reader.type === wireType.bytes && reader.field === recordField.data) data = reader.content();
  }
  if (reader.broken || partitionKeyIndex === undefined || data === undefined) return undefined;
  return { partitionKeyIndex, explicitHashKeyIndex, data };
}

/** Steps through the fields of one protobuf message. Integers above 2^53 lose precision: they are no index of ours anyway. */
class MessageReader {
  /** Of the field that {@link next} found. */
  field = 0;
  type = 0;
  /** Of a varint field. */
  value = 0;
  /** Set when the message does not parse; nothing follows then. */
  broken = false;
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;
  #contentStart = 0;

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** Moves to the next field; false at the end and when the message is broken. */
  next(): boolean {
    if (this.broken || this.#at >= this.#end) return false;
    const tag = this.#varint();
    this.field = Math.floor(tag / 8);
    this.type = tag % 8;
    this.#contentStart = this.#at;
    switch (this.type) {
      case wireType.varint:
        this.value = this.#varint();
        break;
      case wireType.bytes:
        this.#skipContent(this.#varint());
        break;
      case wireType.fixed64:
        this.#skipContent(FIXED_64_BYTES);
        break;
      case wireType.fixed32:
        this.#skipContent(FIXED_32_BYTES);
        break;
      default:
        this.broken = true;
    }
    if (this.field === 0) this.broken = true;
    return !this.broken;
  }

  /** Content of a length-delimited field. */
  content(): Buffer {
    return this.#bytes.subarray(this.#contentStart, this.#at);
  }

  text(): string {
    return this.#bytes.toString("utf8", this.#contentStart, this.#at);
  }

  message(): MessageReader {
    return new MessageReader(this.#bytes, this.#contentStart, this.#at);
  }

  #skipContent(length: number): void {
    this.#contentStart = this.#at;
    if (length > this.#end - this.#at) this.broken = true;
    else this.#at += length;
  }

  #varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < VARINT_BYTES_MAX && this.#at < this.#end; count += 1) {
      const byte = this.#bytes[this.#at] as number;
      this.#at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
    this.broken = true;
    return 0;
  }
}
