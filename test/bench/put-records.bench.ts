/** Cost of the put path per record: `npx vitest bench --project unit --run test/bench`. */
import {
  decodeBase64Into,
  decodeRequest,
  HASH_KEY_MAX,
  hashPartitionKey,
  HashRangeTable,
  PUT_SPAN_FIELDS,
  putSpan,
  scanPutRecords,
} from "@millrace/kinesis";
import { RECORD_HEADER_BYTES } from "@millrace/model";
import { bench, describe } from "vitest";

const RECORDS = 500;
const data = Buffer.from(Array.from({ length: 1024 }, (_, index) => (index * 7919) & 0xff));
const body = Buffer.from(
  JSON.stringify({
    StreamName: "stream",
    Records: Array.from({ length: RECORDS }, (_, index) => ({
      Data: data.toString("base64"),
      PartitionKey: `0f8fad5b-d9cb-469f-a165-${String(index).padStart(12, "0")}`,
    })),
  }),
);
const width = (HASH_KEY_MAX + 1n) / 8n;
const table = new HashRangeTable(
  Array.from({ length: 8 }, (_, index) => ({
    startingHashKey: String(width * BigInt(index)),
    endingHashKey: String(width * BigInt(index + 1) - 1n),
  })),
);
const frame = Buffer.alloc(1024 * 1024);
const words = new Uint32Array(4);
const counts = new Int32Array(8);

function scanDecodeHashRoute(): void {
  const scan = scanPutRecords(body);
  if (scan === undefined) throw new Error("the scanner takes what SDKs write");
  const { spans } = scan;
  let position = 0;
  for (let at = 0; at < spans.length; at += PUT_SPAN_FIELDS) {
    const keyStart = spans[at + putSpan.keyStart] ?? 0;
    const keyEnd = spans[at + putSpan.keyEnd] ?? 0;
    hashPartitionKey(body, keyStart, keyEnd, words);
    const shard = table.indexOf(words);
    counts[shard] = (counts[shard] ?? 0) + 1;
    position += RECORD_HEADER_BYTES + body.copy(frame, position + RECORD_HEADER_BYTES, keyStart, keyEnd);
    const dataStart = spans[at + putSpan.dataStart] ?? 0;
    position += decodeBase64Into(body, dataStart, spans[at + putSpan.dataEnd] ?? 0, frame, position);
  }
}

describe("500 records of 1 KiB", () => {
  bench("scan, base64 into the frame, hash, route", scanDecodeHashRoute);
  bench("scan alone", () => {
    scanPutRecords(body);
  });
  bench("general decoder alone", () => {
    decodeRequest("json", "PutRecords", body);
  });
});
