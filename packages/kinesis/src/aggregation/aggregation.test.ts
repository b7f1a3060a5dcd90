/** The format against its description, against itself, against a general protobuf library and against AWS's own module. */
import { md5 } from "@millrace/base";
import * as published from "aws-kinesis-agg";
import fc from "fast-check";
import protobuf from "protobufjs";
import { expect, test } from "vitest";
import { AggregateBuilder, encodeAggregate } from "./aggregate-builder.ts";
import { decodeAggregate } from "./decode-aggregate.ts";
import { isExplicitHashKey, userRecordHash, type UserRecord } from "./user-record.ts";

const HASH_KEY_MAX = (1n << 128n) - 1n;

/** Its typings leave the class out. */
const { deaggregateSync, RecordAggregator } = published as unknown as Pick<typeof published, "deaggregateSync"> & {
  RecordAggregator: new () => {
    addUserRecord(record: { partitionKey: string; data: Buffer }): void;
    build(): { data: Buffer };
  };
};

/** The message of the format's description, for a library that knows nothing of us. */
const described = protobuf.parse(
  `syntax = "proto2";
   message AggregatedRecord { repeated string pk = 1; repeated string ehk = 2; repeated Record records = 3; }
   message Tag { required string key = 1; optional string value = 2; }
   message Record { required uint64 pki = 1; optional uint64 ehki = 2; required bytes data = 3; repeated Tag tags = 4; }`,
  { keepCase: true },
).root;
const message = described.lookupType("AggregatedRecord");

/** An aggregate around message bytes, as hexadecimal or as they are. */
function aggregate(bytes: string | Uint8Array, digest?: Uint8Array): Buffer {
  const body = typeof bytes === "string" ? Buffer.from(bytes.replaceAll(/\s/g, ""), "hex") : Buffer.from(bytes);
  return Buffer.concat([Buffer.from("f3899ac2", "hex"), body, digest ?? md5(body)]);
}

/** Records in a form that compares well. */
function plain(records: readonly UserRecord[] | undefined): unknown {
  return records?.map(({ partitionKey, explicitHashKey, data }) => [
    partitionKey,
    explicitHashKey ?? null,
    Buffer.from(data).toString("hex"),
  ]);
}

const partitionKey = fc.oneof(
  fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }),
  fc.nat(30).map(String),
  fc.constantFrom("__proto__", "constructor", "toString", "é".repeat(200)),
);
const explicitHashKey = fc.bigInt({ min: 0n, max: HASH_KEY_MAX }).map(String);
const userRecord: fc.Arbitrary<UserRecord> = fc.record(
  { partitionKey, explicitHashKey, data: fc.uint8Array({ maxLength: 300 }) },
  { requiredKeys: ["partitionKey", "data"] },
);
const userRecords = fc.array(userRecord, { minLength: 1, maxLength: 40 });

/** Written by hand from the description of the format. */
const VECTORS: [string, string, UserRecord[]][] = [
  [
    "one record",
    // table: "a"; record of 7 bytes: index 0, data "hi!"
    "0a 01 61  1a 07 08 00 1a 03 686921",
    [{ partitionKey: "a", data: Buffer.from("hi!") }],
  ],
  [
    "integer-like keys in the order of their use, shared keys once, an empty record",
    "0a 02 3130  0a 01 32  1a 05 08 00 1a 01 41  1a 05 08 01 1a 01 42  1a 04 08 00 1a 00",
    [
      { partitionKey: "10", data: Buffer.from("A") },
      { partitionKey: "2", data: Buffer.from("B") },
      { partitionKey: "10", data: Buffer.alloc(0) },
    ],
  ],
  [
    "an explicit hash key for one record of two",
    "0a 01 6b  12 01 37  1a 05 08 00 1a 01 78  1a 07 08 00 10 00 1a 01 79",
    [
      { partitionKey: "k", data: Buffer.from("x") },
      { partitionKey: "k", explicitHashKey: "7", data: Buffer.from("y") },
    ],
  ],
];

test.each(VECTORS)("reads and writes %s", (_, hex, records) => {
  expect(encodeAggregate(records).toString("hex")).toBe(aggregate(hex).toString("hex"));
  expect(plain(decodeAggregate(aggregate(hex)))).toEqual(plain(records));
});

test("lengths of two bytes, and indexes of two bytes", () => {
  const long = Buffer.alloc(300, "z");
  // 300 is ac 02; the record: 2 for the index, 3 for tag and length, 300: 305 is b1 02
  const hex = `0a 01 61  1a b102 08 00 1a ac02 ${long.toString("hex")}`;
  expect(encodeAggregate([{ partitionKey: "a", data: long }]).toString("hex")).toBe(aggregate(hex).toString("hex"));
  const many = Array.from({ length: 200 }, (__, index) => ({ partitionKey: `k${index}`, data: Buffer.from([index]) }));
  expect(plain(decodeAggregate(encodeAggregate(many)))).toEqual(plain(many));
});

test("what is written is read back, and is as long as was counted before each record", () => {
  fc.assert(
    fc.property(userRecords, (records) => {
      const builder = new AggregateBuilder();
      for (const record of records) {
        const expected = builder.bytesWith(record);
        expect(builder.tryAdd(record)).toBe(true);
        expect(builder.bytes).toBe(expected);
      }
      const encoded = builder.build();
      expect([encoded.length, builder.count]).toEqual([builder.bytes, records.length]);
      expect(plain(decodeAggregate(encoded))).toEqual(plain(records));
    }),
  );
});

test("a record that would pass the limit is not taken", () => {
  fc.assert(
    fc.property(userRecords, fc.integer({ min: 20, max: 2_000 }), (records, bytesMax) => {
      const builder = new AggregateBuilder(bytesMax);
      const taken = records.filter((record) => {
        const fits = builder.bytesWith(record) <= bytesMax;
        expect(builder.tryAdd(record)).toBe(fits);
        return fits;
      });
      expect(builder.build().length).toBeLessThanOrEqual(Math.max(bytesMax, 20));
      if (taken.length > 0) expect(plain(decodeAggregate(builder.build()))).toEqual(plain(taken));
    }),
  );
});

test("a general protobuf library reads what we write, and we what it writes", () => {
  fc.assert(
    fc.property(userRecords, (records) => {
      const ours = encodeAggregate(records);
      const theirs = message.toObject(message.decode(ours.subarray(4, -16)), { longs: Number }) as {
        pk: string[];
        ehk?: string[];
        records: { pki: number; ehki?: number; data: Buffer }[];
      };
      const read = theirs.records.map(({ pki, ehki, data }) => ({
        partitionKey: theirs.pk[pki] ?? "",
        ...(ehki === undefined ? {} : { explicitHashKey: theirs.ehk?.[ehki] ?? "" }),
        data,
      }));
      expect(plain(read)).toEqual(plain(records));
      // Tables without sharing, as the format allows.
      const hashKeys = records.flatMap((record) => record.explicitHashKey ?? []);
      let hashKeyAt = 0;
      const object = {
        pk: records.map((record) => record.partitionKey),
        ehk: hashKeys,
        records: records.map(({ data, explicitHashKey: explicit }, pki) => ({
          pki,
          data,
          ...(explicit === undefined ? {} : { ehki: (hashKeyAt += 1) - 1 }),
          tags: pki % 3 === 0 ? [{ key: "tag", value: "read past" }] : [],
        })),
      };
      expect(plain(decodeAggregate(aggregate(message.encode(object).finish())))).toEqual(plain(records));
    }),
  );
});

// Its defects (integer-like keys reordered, absent explicit hash keys invented) are left out of what is compared.
const safeRecords = fc.array(
  fc.record({
    partitionKey: fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9]{0,15}$/).filter((key) => !(key in {})),
    data: fc.uint8Array({ minLength: 1, maxLength: 200 }),
  }),
  { minLength: 1, maxLength: 30 },
);

test("AWS's Node module reads what we write, and we what it writes", () => {
  fc.assert(
    fc.property(safeRecords, (records) => {
      const kinesis = { data: "", partitionKey: "p", explicitPartitionKey: "0", sequenceNumber: "1" };
      const encoded = encodeAggregate(records).toString("base64");
      const read: UserRecord[] = [];
      deaggregateSync({ ...kinesis, data: encoded }, true, (error, found) => {
        expect(error ?? null).toBe(null);
        for (const { partitionKey: key, data } of found ?? []) {
          read.push({ partitionKey: key, data: Buffer.from(data, "base64") });
        }
      });
      expect(plain(read)).toEqual(plain(records));
      const aggregator = new RecordAggregator();
      for (const { partitionKey: key, data } of records) {
        aggregator.addUserRecord({ partitionKey: key, data: Buffer.from(data) });
      }
      const theirs = aggregator.build();
      expect(plain(decodeAggregate(theirs.data))).toEqual(plain(records));
      expect(theirs.data.equals(encodeAggregate(records))).toBe(true);
    }),
  );
});

const RECORD = "1a 05 08 00 1a 01 78";
const BROKEN: [string, Buffer][] = [
  ["nothing", Buffer.alloc(0)],
  ["the magic alone", Buffer.from("f3899ac2", "hex")],
  ["no message", aggregate("")],
  ["another magic", Buffer.concat([Buffer.from("f3899ac3", "hex"), aggregate(`0a 01 6b ${RECORD}`).subarray(4)])],
  ["a wrong digest", aggregate(`0a 01 6b ${RECORD}`, Buffer.alloc(16))],
  ["a partition key index outside the table", aggregate(`0a 01 6b 1a 05 08 01 1a 01 78`)],
  ["no partition key table", aggregate(RECORD)],
  ["an explicit hash key index outside the table", aggregate(`0a 01 6b 1a 07 08 00 10 00 1a 01 78`)],
  ["an explicit hash key that is no number", aggregate(`0a 01 6b 12 01 78 ${RECORD}`)],
  ["a record without an index", aggregate("0a 01 6b 1a 03 1a 01 78")],
  ["a record without data", aggregate("0a 01 6b 1a 02 08 00")],
  ["a length beyond the end", aggregate("0a 01 6b 1a 7f 08 00")],
  ["a number that does not end", aggregate("0a 01 6b 1a ff ff ff ff ff ff ff ff ff ff ff")],
  ["a wire type that is none", aggregate(`0a 01 6b 0f 00 ${RECORD}`)],
  ["field number zero", aggregate(`0a 01 6b 00 00 ${RECORD}`)],
];

test.each(BROKEN)("%s is no aggregate", (_, data) => {
  expect(decodeAggregate(data)).toBeUndefined();
});

test("unknown fields of every wire type are read past, and tables may follow the records", () => {
  const hex = `20 ff01  29 0102030405060708  32 02 abcd  3d 01020304  1a 07 08 00 1a 01 78 2a 00  0a 01 6b`;
  expect(plain(decodeAggregate(aggregate(hex)))).toEqual([["k", null, "78"]]);
});

test("a changed byte anywhere is noticed, and noise never throws", () => {
  const encoded = encodeAggregate([{ partitionKey: "key", data: Buffer.from("some data") }]);
  for (let index = 0; index < encoded.length; index += 1) {
    const changed = Buffer.from(encoded);
    changed[index] = (changed[index] as number) ^ 0x10;
    expect(decodeAggregate(changed)).toBeUndefined();
  }
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (noise) => {
      const decoded = decodeAggregate(aggregate(noise));
      for (const { data } of decoded ?? []) expect(data.length).toBeLessThanOrEqual(noise.length);
    }),
  );
});

test("the hash of a user record is its explicit hash key, else the MD5 of its partition key", () => {
  const asNumber = (words: Uint32Array): bigint => words.reduce((value, word) => (value << 32n) | BigInt(word), 0n);
  fc.assert(
    fc.property(fc.oneof(partitionKey, fc.string({ maxLength: 500, unit: "grapheme" })), (key) => {
      expect(asNumber(userRecordHash({ partitionKey: key }))).toBe(BigInt(`0x${md5(key).toString("hex")}`));
    }),
  );
  expect(asNumber(userRecordHash({ partitionKey: "k", explicitHashKey: String(HASH_KEY_MAX) }))).toBe(HASH_KEY_MAX);
  expect(
    ["0", "17", String(HASH_KEY_MAX), String(HASH_KEY_MAX + 1n), "01", "-1", "", "1e3"].map(isExplicitHashKey),
  ).toEqual([true, true, true, false, false, false, false, false]);
});
