/**
 * The record aggregation format of the Kinesis Producer Library, as AWS publishes it: magic (4 bytes), a protobuf message
 * `AggregatedRecord`, the MD5 of that message (16 bytes).
 *
 * | message          | number | field                                                              |
 * |------------------|-------:|--------------------------------------------------------------------|
 * | AggregatedRecord |      1 | repeated string partition_key_table                                |
 * |                  |      2 | repeated string explicit_hash_key_table (decimal digits)           |
 * |                  |      3 | repeated Record records                                            |
 * | Record           |      1 | required uint64 partition_key_index                                |
 * |                  |      2 | optional uint64 explicit_hash_key_index; absent means none was given |
 * |                  |      3 | required bytes data                                                |
 * |                  |      4 | repeated Tag tags; nobody writes them, and we read past them       |
 */

/** First bytes of every aggregate. */
export const AGGREGATE_MAGIC: Uint8Array = Uint8Array.of(0xf3, 0x89, 0x9a, 0xc2);
/** Length of the MD5 at the end. */
export const AGGREGATE_DIGEST_BYTES = 16;
/** What an aggregate takes beside its protobuf message. */
export const AGGREGATE_OVERHEAD_BYTES: number = AGGREGATE_MAGIC.length + AGGREGATE_DIGEST_BYTES;

/** Field numbers of AggregatedRecord. */
export const aggregateField = { partitionKey: 1, explicitHashKey: 2, record: 3 } as const;
/** Field numbers of Record. */
export const recordField = { partitionKeyIndex: 1, explicitHashKeyIndex: 2, data: 3 } as const;

/** Protobuf wire types that we read or read past. */
export const wireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** The byte before a field: its number and wire type. All our numbers are below 16, so one byte is enough. */
export function fieldTag(field: number, type: number): number {
  return field * 8 + type;
}

/** Whether `data` begins as aggregates do. It may still be something else: see {@link decodeAggregate}. */
export function hasAggregateMagic(data: Uint8Array): boolean {
  return AGGREGATE_MAGIC.every((byte, index) => data[index] === byte);
}
