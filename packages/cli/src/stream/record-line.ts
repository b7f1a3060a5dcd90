/** How `tail` prints a record. */
import { isUtf8 } from "node:buffer";
import type { GetRecordsOutput } from "./kinesis-client.ts";

type KinesisRecord = NonNullable<GetRecordsOutput["Records"]>[number];

const NEWLINE = Buffer.from("\n");

/** The record's bytes and a line end. */
export function plainLine(record: KinesisRecord): Buffer {
  return Buffer.concat([record.Data ?? Buffer.alloc(0), NEWLINE]);
}

/** One JSON object: `data` is text when the bytes are UTF-8, else `dataBase64` holds them. */
export function jsonLine(shardId: string, record: KinesisRecord): Buffer {
  const bytes = Buffer.from(record.Data ?? []);
  return Buffer.from(
    `${JSON.stringify({
      shardId,
      sequenceNumber: record.SequenceNumber,
      partitionKey: record.PartitionKey,
      arrivalTime: record.ApproximateArrivalTimestamp?.toISOString(),
      ...(isUtf8(bytes) ? { data: bytes.toString("utf8") } : { dataBase64: bytes.toString("base64") }),
    })}\n`,
  );
}
