/** Dead letters as records of another stream: the JSON line as data, under the partition key of the record at fault. */
import type { KinesisClient } from "@aws-sdk/client-kinesis";
import { ServiceError } from "@millrace/base";
import { ShardApi } from "./shard-api.ts";
import { deadLetterLine, type DeadLetterSink } from "../dead-letter/dead-letter.ts";

/** PutRecords takes 500 records and 5 MiB; base64 of a 1 MiB record is 1.4 MB. */
const RECORDS_MAX = 500;
const BYTES_MAX = 4 * 1024 * 1024;

/**
 * Puts to `stream`. A letter is a third larger than its record and some hundred bytes: raise the stream's maximum record size
 * where records may come near the limit.
 */
export function deadLetterStream(client: KinesisClient, stream: string): DeadLetterSink {
  const api = new ShardApi(client);
  return async (letter, signal) => {
    const entries = letter.records.map((record) => ({
      PartitionKey: record.partitionKey,
      Data: Buffer.from(deadLetterLine(letter, record)),
    }));
    for (let from = 0; from < entries.length;) {
      let to = from;
      for (let bytes = 0; to < entries.length && to - from < RECORDS_MAX; to += 1) {
        bytes += (entries[to]?.Data.length ?? 0) + 256;
        if (bytes > BYTES_MAX && to > from) break;
      }
      const refused = await api.putRecords(stream, entries.slice(from, to), signal);
      // All of them again: a letter twice is better than none.
      if (refused > 0) throw new ServiceError("THROTTLED", `${stream} refused ${refused} dead letters`);
      from = to;
    }
  };
}
