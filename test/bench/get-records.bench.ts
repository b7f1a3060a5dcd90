/** Cost of answering GetRecords: `npx vitest bench --project unit --run test/bench`. */
import { encodeGetRecords } from "@millrace/kinesis";
import { recordBytes } from "@millrace/model";
import { bench, describe } from "vitest";

const RECORDS = 1000;
const KEY = "0f8fad5b-d9cb-469f-a165-70867728950e";
const record = Buffer.alloc(recordBytes(KEY.length, 1024, false), 0xa5);
record.writeUInt32BE(1024, 0);
record.writeUInt16BE(KEY.length, 4);
record[6] = 0;
record.write(KEY, 7);
const run = {
  shard: { shardCreatedSeconds: 1_700_000_000, shardIndex: 3 },
  bytes: Buffer.concat(Array.from({ length: RECORDS }, () => record)),
  position: 0,
  recordCount: RECORDS,
  firstOffset: 7,
  arrivalMs: 1_700_000_001_234,
};

describe("1000 records of 1 KiB", () => {
  bench("JSON", () => {
    encodeGetRecords("json", { runs: [run], millisBehindLatest: 0, nextShardIterator: "x" });
  });
  bench("CBOR", () => {
    encodeGetRecords("cbor", { runs: [run], millisBehindLatest: 0, nextShardIterator: "x" });
  });
});
