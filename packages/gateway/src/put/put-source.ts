/**
 * Records to put, wherever their bytes lie: spans of a scanned JSON body, or the buffers of a decoded input. Callers
 * ask by index, so that nothing is allocated for a record.
 */
import {
  decodeBase64Into,
  hashKeyWords,
  hashPartitionKey,
  PUT_SPAN_FIELDS,
  putSpan,
  type HashKeyWords,
  type PutRecordsRequestEntry,
  type PutScan,
} from "@millrace/kinesis";

/** See the file comment. Indices are below `count`. */
export interface PutSource {
  readonly count: number;
  /** UTF-8 bytes of the partition key, −1 without one. */
  keyBytes(index: number): number;
  /** Decoded bytes of the data. */
  dataBytes(index: number): number;
  /** The decimal text of the explicit hash key, or undefined. */
  explicitHashKey(index: number): string | undefined;
  /** Writes the hash key that places the record; false when an explicit one is above 2^128 − 1. Needs a key. */
  hash(index: number, words: HashKeyWords): boolean;
  writeKey(index: number, target: Buffer, position: number): void;
  /** False when the data turn out not to be canonical base64: the general decoder then says what is wrong. */
  writeData(index: number, target: Buffer, position: number): boolean;
}

/** Records as the scanner found them in `body`. */
export class ScannedSource implements PutSource {
  readonly count: number;
  readonly #body: Buffer;
  readonly #spans: Int32Array;

  constructor(body: Buffer, scan: PutScan) {
    this.count = scan.recordCount;
    this.#body = body;
    this.#spans = scan.spans;
  }

  keyBytes(index: number): number {
    const start = this.#span(index, putSpan.keyStart);
    return start < 0 ? -1 : this.#span(index, putSpan.keyEnd) - start;
  }

  dataBytes(index: number): number {
    return this.#span(index, putSpan.dataBytes);
  }

  explicitHashKey(index: number): string | undefined {
    const start = this.#span(index, putSpan.hashKeyStart);
    return start < 0 ? undefined : this.#body.toString("latin1", start, this.#span(index, putSpan.hashKeyEnd));
  }

  hash(index: number, words: HashKeyWords): boolean {
    const explicit = this.explicitHashKey(index);
    if (explicit !== undefined) return copyWords(explicit, words);
    const keyEnd = this.#span(index, putSpan.keyEnd);
    hashPartitionKey(this.#body, this.#span(index, putSpan.keyStart), keyEnd, words);
    return true;
  }

  writeKey(index: number, target: Buffer, position: number): void {
    const start = this.#span(index, putSpan.keyStart);
    if (start >= 0) this.#body.copy(target, position, start, this.#span(index, putSpan.keyEnd));
  }

  writeData(index: number, target: Buffer, position: number): boolean {
    const start = this.#span(index, putSpan.dataStart);
    return decodeBase64Into(this.#body, start, this.#span(index, putSpan.dataEnd), target, position) >= 0;
  }

  #span(index: number, field: number): number {
    return this.#spans[index * PUT_SPAN_FIELDS + field] ?? -1;
  }
}

/** Records of a decoded input. */
export class DecodedSource implements PutSource {
  readonly count: number;
  readonly #entries: readonly PutRecordsRequestEntry[];
  readonly #keys: readonly (Buffer | undefined)[];

  constructor(entries: readonly PutRecordsRequestEntry[]) {
    this.count = entries.length;
    this.#entries = entries;
    this.#keys = entries.map(({ PartitionKey: key }) => (key === undefined ? undefined : Buffer.from(key)));
  }

  keyBytes(index: number): number {
    return this.#keys[index]?.length ?? -1;
  }

  dataBytes(index: number): number {
    return this.#entries[index]?.Data.length ?? 0;
  }

  explicitHashKey(index: number): string | undefined {
    return this.#entries[index]?.ExplicitHashKey;
  }

  hash(index: number, words: HashKeyWords): boolean {
    const explicit = this.explicitHashKey(index);
    if (explicit !== undefined) return copyWords(explicit, words);
    const key = this.#keys[index];
    if (key !== undefined) hashPartitionKey(key, 0, key.length, words);
    return true;
  }

  writeKey(index: number, target: Buffer, position: number): void {
    this.#keys[index]?.copy(target, position);
  }

  writeData(index: number, target: Buffer, position: number): boolean {
    this.#entries[index]?.Data.copy(target, position);
    return true;
  }
}

function copyWords(decimal: string, words: HashKeyWords): boolean {
  const explicit = hashKeyWords(decimal);
  if (explicit === undefined) return false;
  words.set(explicit);
  return true;
}
