import { recordAt, recordBytes, recordSequenceNumber } from "@millrace/model";
import { cbor } from "@smithy/core/cbor";
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeGetRecords, encodeShardEvent, recordsOf, type RecordRun } from "./encode-records.ts";
import { encodeResponse } from "./encode-response.ts";
import { SEQUENCE_NUMBER_DIGITS, SequenceNumberRun } from "./sequence-number-run.ts";

interface Draft {
  readonly key: string | null;
  readonly explicit: boolean;
  readonly data: Uint8Array;
}

/** Encodes as the model's record.ts documents it. */
function runOf(drafts: readonly Draft[], arrivalMs: number, encrypted: boolean): RecordRun {
  const bytes = Buffer.concat(
    drafts.map(({ key, explicit, data }) => {
      const keyBytes = Buffer.from(key ?? "");
      const record = Buffer.alloc(recordBytes(keyBytes.length, data.length, explicit));
      record.writeUInt32BE(data.length, 0);
      record.writeUInt16BE(keyBytes.length, 4);
      record[6] = (explicit ? 1 : 0) | (key === null ? 2 : 0);
      record.set(keyBytes, 7);
      record.set(data, record.length - data.length);
      return record;
    }),
  );
  const shard = { shardCreatedSeconds: 1_700_000_000, shardIndex: 3 };
  const base = { shard, bytes, position: 0, recordCount: drafts.length, firstOffset: 41, arrivalMs };
  return encrypted ? { ...base, encryptionType: "KMS" } : base;
}

const draft = fc.record({
  key: fc.oneof(
    fc.constant(null),
    fc.string({ unit: "grapheme", minLength: 1 }),
    fc.string({ unit: "binary", minLength: 1 }),
  ),
  explicit: fc.boolean(),
  data: fc.uint8Array({ maxLength: 50 }),
});
const run = fc
  .tuple(fc.array(draft, { minLength: 1, maxLength: 4 }), fc.nat({ max: 2_000_000_000_000 }), fc.boolean())
  .map((parts) => runOf(...parts));
const child = {
  ShardId: "shardId-000000000004",
  ParentShards: ["a"],
  HashKeyRange: { StartingHashKey: "0", EndingHashKey: "9" },
};

test("says what the general encoder says of the same records", () => {
  const answers = fc.record(
    {
      runs: fc.array(run, { maxLength: 3 }),
      nextShardIterator: fc.base64String(),
      millisBehindLatest: fc.nat(),
      childShards: fc.constant([child]),
    },
    { requiredKeys: ["runs", "millisBehindLatest"] },
  );
  fc.assert(
    fc.property(answers, (answer) => {
      const output = {
        Records: recordsOf(answer.runs),
        NextShardIterator: answer.nextShardIterator,
        MillisBehindLatest: answer.millisBehindLatest,
        ChildShards: answer.childShards,
      };
      const general = JSON.parse(encodeResponse("json", "GetRecords", output).toString()) as object;
      expect(JSON.parse(encodeGetRecords("json", answer).toString())).toEqual(general);
      expect(cbor.deserialize(encodeGetRecords("cbor", answer))).toEqual(
        cbor.deserialize(encodeResponse("cbor", "GetRecords", output)),
      );
    }),
  );
});

test("an event of a shard's end has no continuation", () => {
  expect(encodeShardEvent({ runs: [], continuationSequenceNumber: "7", millisBehindLatest: 0 }).toString()).toBe(
    '{"Records":[],"ContinuationSequenceNumber":"7","MillisBehindLatest":0}',
  );
  expect(JSON.parse(encodeShardEvent({ runs: [], millisBehindLatest: 0, childShards: [child] }).toString())).toEqual({
    Records: [],
    MillisBehindLatest: 0,
    ChildShards: [child],
  });
});

test("a run may start inside a frame", () => {
  const whole = runOf(
    [1, 2, 3].map((size) => ({ key: "k", explicit: false, data: Buffer.alloc(size) })),
    5000,
    false,
  );
  const second = recordAt(whole.bytes, 0)?.end ?? 0;
  const part = { ...whole, position: second, recordCount: 1, firstOffset: 42 };
  expect(recordsOf([part])).toEqual(recordsOf([whole]).slice(1, 2));
});

test("numbers of a run are those computed one by one", () => {
  const shards = fc.record({ shardCreatedSeconds: fc.nat({ max: 16_000_000_000 }), shardIndex: fc.nat() });
  const offsets = fc.oneof(fc.nat(), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 200 }));
  fc.assert(
    fc.property(shards, offsets, fc.nat({ max: 4_000_000_000_000 }), (shard, first, arrivalMs) => {
      const numbers = new SequenceNumberRun(shard, first, arrivalMs);
      const written = new SequenceNumberRun(shard, first, arrivalMs);
      const target = Buffer.alloc(SEQUENCE_NUMBER_DIGITS + 2, "-");
      for (let offset = first; offset < first + 100; offset += 1) {
        const expected = recordSequenceNumber(shard, offset, arrivalMs);
        expect(numbers.next()).toBe(expected);
        written.writeNext(target, 1);
        expect(target.toString()).toBe(`-${expected}-`);
      }
    }),
  );
});
