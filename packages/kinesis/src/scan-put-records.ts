/**
 * The fast way into PutRecord and PutRecords: finds the parts of the records in the JSON bytes without building objects
 * and strings for them. It understands what SDKs write (any order of members, any blanks) and leaves everything else,
 * every violation of a constraint included, to the general decoder, whose answer is the one that counts.
 */
import { shapeNamed, type ScalarShape } from "./shape.ts";

/** Numbers for each record in {@link PutScan.spans}. */
export const PUT_SPAN_FIELDS = 7;
/** Which number is what: positions in the body, -1 where the member is absent; `dataBytes` is the decoded length. */
export const putSpan = {
  dataStart: 0,
  dataEnd: 1,
  dataBytes: 2,
  keyStart: 3,
  keyEnd: 4,
  hashKeyStart: 5,
  hashKeyEnd: 6,
} as const;

/** What {@link scanPutRecords} found. Keys are ASCII without escapes: their bytes are their text and their UTF-8. */
export interface PutScan {
  readonly streamName?: string;
  readonly streamArn?: string;
  readonly recordCount: number;
  /** {@link PUT_SPAN_FIELDS} numbers a record, in order. */
  readonly spans: Int32Array;
}

const RECORDS_MAX = 500;
const KEY_BYTES_MAX = 256;
const HASH_KEY_DIGITS_MAX = 39;
const ADDRESS_BYTES_MAX = 2048;
const dataMax = shapeNamed("Data") as ScalarShape;
const streamNameShape = shapeNamed("StreamName") as ScalarShape;
const streamArnShape = shapeNamed("StreamARN") as ScalarShape;
const DATA = Buffer.from("Data");
const PARTITION_KEY = Buffer.from("PartitionKey");
const EXPLICIT_HASH_KEY = Buffer.from("ExplicitHashKey");
const RECORDS = Buffer.from("Records");
const STREAM_NAME = Buffer.from("StreamName");
const STREAM_ARN = Buffer.from("StreamARN");

const QUOTE = 0x22;
const COMMA = 0x2c;
const DASH = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const EQUALS = 0x3d;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const UNDERSCORE = 0x5f;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;

/** Spans of the call in progress; copied out at its end. */
const scratch = new Int32Array(RECORDS_MAX * PUT_SPAN_FIELDS);

/** The records of a PutRecords body, or undefined: decode it the general way. `body` is not kept. */
export function scanPutRecords(body: Buffer): PutScan | undefined {
  return new Scan(body).putRecords();
}

/** The one record of a PutRecord body, or undefined: decode it the general way. `body` is not kept. */
export function scanPutRecord(body: Buffer): PutScan | undefined {
  return new Scan(body).putRecord();
}

/** One pass over one body. Methods answer false (or a negative number) to give up. */
class Scan {
  readonly #body: Buffer;
  #position = 0;
  #count = 0;
  #streamName: string | undefined;
  #streamArn: string | undefined;
  /** The next url-safe letters at or after the place last looked at: the decoder takes them, the service does not. */
  #nextDash = -1;
  #nextUnderscore = -1;

  constructor(body: Buffer) {
    this.#body = body;
  }

  putRecords(): PutScan | undefined {
    const whole = this.#object(() => (this.#nameIs(RECORDS) ? this.#recordList() : this.#address()));
    return whole && this.#atEnd() && this.#count > 0 ? this.#result() : undefined;
  }

  putRecord(): PutScan | undefined {
    scratch.fill(-1, 0, PUT_SPAN_FIELDS);
    const whole = this.#object(() => this.#recordMember(0) ?? this.#address());
    return whole && this.#atEnd() && scratch[putSpan.dataStart] !== -1 ? this.#result(1) : undefined;
  }

  #result(recordCount: number = this.#count): PutScan {
    return {
      ...(this.#streamName === undefined ? {} : { streamName: this.#streamName }),
      ...(this.#streamArn === undefined ? {} : { streamArn: this.#streamArn }),
      recordCount,
      spans: scratch.slice(0, recordCount * PUT_SPAN_FIELDS),
    };
  }

  #recordList(): boolean {
    if (this.#count > 0 || !this.#take(OPEN_LIST)) return false;
    do {
      if (this.#count === RECORDS_MAX) return false;
      const base = this.#count * PUT_SPAN_FIELDS;
      scratch.fill(-1, base, base + PUT_SPAN_FIELDS);
      if (!this.#record(base) || scratch[base + putSpan.dataStart] === -1) return false;
      this.#count += 1;
    } while (this.#take(COMMA));
    return this.#take(CLOSE_LIST);
  }

  #record(base: number): boolean {
    if (!this.#take(OPEN_MAP)) return false;
    do {
      if (this.#recordMember(base) !== true) return false;
    } while (this.#take(COMMA));
    return this.#take(CLOSE_MAP);
  }

  #object(member: () => boolean): boolean {
    if (!this.#take(OPEN_MAP)) return false;
    do {
      if (!member()) return false;
    } while (this.#take(COMMA));
    return this.#take(CLOSE_MAP);
  }

  /** Takes one of the three members of a record, each at most once; undefined, nothing taken, when it is another. */
  #recordMember(base: number): boolean | undefined {
    if (this.#nameIs(DATA)) return this.#data(base);
    if (this.#nameIs(PARTITION_KEY)) return this.#partitionKey(base);
    return this.#nameIs(EXPLICIT_HASH_KEY) ? this.#explicitHashKey(base) : undefined;
  }

  #data(base: number): boolean {
    const body = this.#body;
    if (scratch[base] !== -1 || !this.#take(QUOTE)) return false;
    const start = this.#position;
    const end = body.indexOf(QUOTE, start);
    const length = end - start;
    if (length < 0 || length % 4 !== 0) return false;
    const pads = length > 0 && body[end - 1] === EQUALS ? (body[end - 2] === EQUALS ? 2 : 1) : 0;
    const dataBytes = (length / 4) * 3 - pads;
    if (dataBytes > (dataMax.max ?? 0)) return false;
    if (this.#nextDash < start) this.#nextDash = orEnd(body.indexOf(DASH, start), body);
    if (this.#nextUnderscore < start) this.#nextUnderscore = orEnd(body.indexOf(UNDERSCORE, start), body);
    if (this.#nextDash < end || this.#nextUnderscore < end) return false;
    scratch[base + putSpan.dataStart] = start;
    scratch[base + putSpan.dataEnd] = end;
    scratch[base + putSpan.dataBytes] = dataBytes;
    this.#position = end + 1;
    return true;
  }

  #partitionKey(base: number): boolean {
    if (scratch[base + putSpan.keyStart] !== -1) return false;
    const start = this.#simpleString(KEY_BYTES_MAX);
    if (start < 0) return false;
    scratch[base + putSpan.keyStart] = start;
    scratch[base + putSpan.keyEnd] = this.#position - 1;
    return true;
  }

  #explicitHashKey(base: number): boolean {
    if (scratch[base + putSpan.hashKeyStart] !== -1) return false;
    const start = this.#simpleString(HASH_KEY_DIGITS_MAX);
    const end = this.#position - 1;
    if (start < 0 || (this.#body[start] === ZERO && end - start > 1)) return false;
    for (let position = start; position < end; position += 1) {
      const digit = this.#body[position] as number;
      if (digit < ZERO || digit > NINE) return false;
    }
    scratch[base + putSpan.hashKeyStart] = start;
    scratch[base + putSpan.hashKeyEnd] = end;
    return true;
  }

  #address(): boolean {
    if (this.#nameIs(STREAM_NAME)) {
      if (this.#streamName !== undefined) return false;
      this.#streamName = this.#addressText(streamNameShape);
      return this.#streamName !== undefined;
    }
    if (!this.#nameIs(STREAM_ARN) || this.#streamArn !== undefined) return false;
    this.#streamArn = this.#addressText(streamArnShape);
    return this.#streamArn !== undefined;
  }

  #addressText(shape: ScalarShape): string | undefined {
    const start = this.#simpleString(ADDRESS_BYTES_MAX);
    if (start < 0) return undefined;
    const text = this.#body.toString("latin1", start, this.#position - 1);
    return text.length <= (shape.max ?? 0) && shape.expression?.test(text) === true ? text : undefined;
  }

  /** Takes a string of 1 to `bytesMax` printable ASCII characters without escapes; its first position, or -1. */
  #simpleString(bytesMax: number): number {
    if (!this.#take(QUOTE)) return -1;
    const body = this.#body;
    const start = this.#position;
    const limit = Math.min(body.length, start + bytesMax + 1);
    for (let position = start; position < limit; position += 1) {
      const byte = body[position] as number;
      if (byte === QUOTE) {
        this.#position = position + 1;
        return position > start ? start : -1;
      }
      if (byte === BACKSLASH || byte < 0x20 || byte > 0x7e) return -1;
    }
    return -1;
  }

  /** Takes `"name":` when that comes next; leaves the position at the name otherwise. */
  #nameIs(name: Buffer): boolean {
    this.#skipBlanks();
    const body = this.#body;
    const start = this.#position;
    if (body[start] !== QUOTE || body[start + 1 + name.length] !== QUOTE) return false;
    for (let index = 0; index < name.length; index += 1) {
      if (body[start + 1 + index] !== name[index]) return false;
    }
    this.#position = start + name.length + 2;
    if (this.#take(COLON)) return true;
    this.#position = start;
    return false;
  }

  /** Takes `byte`, after blanks, when it comes next. */
  #take(byte: number): boolean {
    this.#skipBlanks();
    if (this.#body[this.#position] !== byte) return false;
    this.#position += 1;
    return true;
  }

  #skipBlanks(): void {
    const body = this.#body;
    for (;;) {
      const byte = body[this.#position];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.#position += 1;
    }
  }

  #atEnd(): boolean {
    this.#skipBlanks();
    return this.#position === this.#body.length;
  }
}

function orEnd(position: number, body: Buffer): number {
  return position < 0 ? body.length : position;
}
