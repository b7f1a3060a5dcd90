/** Records of a put apart from the groups they were encoded in: what became of their shards places them anew. */
import { assert } from "@millrace/base";
import { hashPartitionKey, type HashKeyWords } from "@millrace/kinesis";
import { RECORD_FLAG_EXPLICIT_HASH_KEY, recordAt, recordUserBytes } from "@millrace/model";

/** One record: its position in the request, its bytes as they were encoded, and its hash key. */
export interface LooseRecord {
  readonly index: number;
  readonly bytes: Buffer;
  readonly userBytes: number;
  readonly hashKey: HashKeyWords;
}

/** Records as one append carries them. */
export interface PackedRecords {
  /** Positions in the request, rising. */
  readonly indices: readonly number[];
  readonly records: Buffer;
  readonly userBytes: number;
}

/** Takes a group apart. The bytes stay where they are. */
export function unpackRecords(group: { readonly records: Buffer; readonly indices: readonly number[] }): LooseRecord[] {
  let position = 0;
  return group.indices.map((index) => {
    const span = recordAt(group.records, position);
    assert(span !== undefined, "a group holds the records it was encoded from");
    const { start, end, keyStart, keyEnd } = span;
    position = end;
    const hashKey = new Uint32Array(4);
    if (span.flags & RECORD_FLAG_EXPLICIT_HASH_KEY) {
      for (let word = 0; word < 4; word += 1) hashKey[word] = group.records.readUInt32BE(keyEnd + word * 4);
    } else {
      hashPartitionKey(group.records, keyStart, keyEnd, hashKey);
    }
    return { index, bytes: group.records.subarray(start, end), userBytes: recordUserBytes(span), hashKey };
  });
}

/** Makes a group of records, the same whatever order and groups they come in. At least one record. */
export function packRecords(records: readonly LooseRecord[]): PackedRecords {
  const sorted = records.toSorted((a, b) => a.index - b.index);
  return {
    indices: sorted.map(({ index }) => index),
    records: Buffer.concat(sorted.map(({ bytes }) => bytes)),
    userBytes: sorted.reduce((sum, { userBytes }) => sum + userBytes, 0),
  };
}
