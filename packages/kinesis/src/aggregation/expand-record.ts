/** What a consumer does with each Kinesis record it reads: undo compression, open aggregates, leave out strays. */
import type { HashRangeTable } from "../hash-range-table.ts";
import { hasAggregateMagic } from "./aggregate-format.ts";
import { expandCompressed, hasCompressionMagic } from "./compressed-record.ts";
import { decodeAggregate } from "./decode-aggregate.ts";
import { userRecordHash, type UserRecord } from "./user-record.ts";

/**
 * What a Kinesis record turned out to be. The caller counts `malformed` and `stray`.
 *
 * - `plain`: one user record; its sub-sequence number is 0.
 * - `aggregate`: user records whose positions are their sub-sequence numbers; all share the Kinesis record's sequence number.
 * - `malformed`: it began like an aggregate or a compressed record and is none; handed on as one plain record, bytes untouched.
 * - `stray`: an aggregate with a user record that does not belong to the shard. A reshard overtook it, and its producer saw
 *   that and sent its records again, so `records` is empty here; `dropped` says how many there were.
 */
export type ExpandedRecord =
  | { readonly kind: "plain" | "aggregate" | "malformed"; readonly records: readonly UserRecord[] }
  | { readonly kind: "stray"; readonly records: readonly []; readonly dropped: number };

/**
 * The user records in one Kinesis record. `owned` holds the hash range of the shard it was read from (one range: build the table
 * once per shard); without it strays are not recognised, and records may be seen twice after a reshard.
 */
export function expandRecord(
  record: Pick<UserRecord, "partitionKey" | "data">,
  owned: HashRangeTable | undefined,
): ExpandedRecord {
  const { partitionKey } = record;
  const plain = (kind: "plain" | "malformed", data: Uint8Array): ExpandedRecord => ({
    kind,
    records: [{ partitionKey, data }],
  });
  let { data } = record;
  if (hasCompressionMagic(data)) {
    const expanded = expandCompressed(data);
    if (expanded === undefined) return plain("malformed", data);
    data = expanded;
  }
  if (!hasAggregateMagic(data)) return plain("plain", data);
  const records = decodeAggregate(data);
  if (records === undefined) return plain("malformed", data);
  if (owned !== undefined && !allOwned(records, owned)) return { kind: "stray", records: [], dropped: records.length };
  return { kind: "aggregate", records };
}

/**
 * Whether every hash key lies in one of the ranges of `owned`: the rule that consumers and producers must share. An aggregate
 * for which it is false is void: consumers drop it, and its producer sends its records again.
 */
export function allOwned(
  records: readonly Pick<UserRecord, "partitionKey" | "explicitHashKey">[],
  owned: HashRangeTable,
): boolean {
  const words = new Uint32Array(4);
  return records.every((record) => owned.indexOf(userRecordHash(record, words)) !== -1);
}
