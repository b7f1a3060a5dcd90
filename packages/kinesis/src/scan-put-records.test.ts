import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase64Into } from "./base64.ts";
import { decodeRequest } from "./decode-request.ts";
import type { PutRecordsInput } from "./generated/api.ts";
import { PUT_SPAN_FIELDS, putSpan, scanPutRecord, scanPutRecords, type PutScan } from "./scan-put-records.ts";

/** The input a scan stands for, "unsure" when it gave up, as the gateway would then ask the general decoder. */
function inputOf(body: Buffer, scan: PutScan | undefined): PutRecordsInput | "unsure" {
  if (scan === undefined) return "unsure";
  const records: Record<string, unknown>[] = [];
  for (let index = 0; index < scan.recordCount; index += 1) {
    const at = (field: number): number => scan.spans[index * PUT_SPAN_FIELDS + field] ?? Number.NaN;
    const Data = Buffer.alloc(at(putSpan.dataBytes));
    const decoded = decodeBase64Into(body, at(putSpan.dataStart), at(putSpan.dataEnd), Data, 0);
    if (decoded !== Data.length) return "unsure";
    const record: Record<string, unknown> = { Data };
    if (at(putSpan.keyStart) >= 0) {
      record["PartitionKey"] = body.toString("utf8", at(putSpan.keyStart), at(putSpan.keyEnd));
    }
    if (at(putSpan.hashKeyStart) >= 0) {
      record["ExplicitHashKey"] = body.toString("utf8", at(putSpan.hashKeyStart), at(putSpan.hashKeyEnd));
    }
    records.push(record);
  }
  const address = {
    ...(scan.streamName === undefined ? {} : { StreamName: scan.streamName }),
    ...(scan.streamArn === undefined ? {} : { StreamARN: scan.streamArn }),
  };
  return { ...address, Records: records } as unknown as PutRecordsInput;
}

const data = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("base64"));
const oddData = fc.oneof(data, fc.stringMatching(/^[A-Za-z0-9+/=_-]{0,9}$/), fc.string());
const key = fc.stringMatching(/^[!#-[\]-~]{1,20}$/);
const oddKey = fc.oneof(key, fc.string({ unit: "grapheme", maxLength: 4 }), fc.constant("k".repeat(257)));
const hashKey = fc.bigInt({ min: 0n, max: 10n ** 39n - 1n }).map(String);
const oddHashKey = fc.oneof(hashKey, fc.constantFrom("01", "", "-1", "1".repeat(40), "x"));
const usual = fc.record({ Data: data, PartitionKey: key, ExplicitHashKey: hashKey }, { requiredKeys: ["Data"] });
const odd = fc.record(
  {
    Data: oddData,
    PartitionKey: oddKey,
    ExplicitHashKey: oddHashKey,
    Other: fc.jsonValue(),
    SequenceNumberForOrdering: key,
  },
  { requiredKeys: [] },
);
const streamName = fc.stringMatching(/^[a-zA-Z0-9_.-]{1,20}$/);
const arn = streamName.map((name) => `arn:aws:kinesis:us-east-1:000000000000:stream/${name}`);
const indent = fc.constantFrom(undefined, 1, "\t", "\r\n");

const bodyOf = (count: number): Buffer =>
  Buffer.from(JSON.stringify({ StreamName: "s", Records: Array.from({ length: count }, () => ({ Data: "" })) }));

describe("a scan", () => {
  test("finds what SDKs write", () => {
    const bodies = fc.record(
      { StreamName: streamName, Records: fc.array(usual, { minLength: 1, maxLength: 5 }), StreamARN: arn },
      { requiredKeys: ["Records"] },
    );
    fc.assert(
      fc.property(bodies, indent, (input, blanks) => {
        const body = Buffer.from(JSON.stringify(input, null, blanks));
        expect({ ok: inputOf(body, scanPutRecords(body)) }).toEqual(decodeRequest("json", "PutRecords", body));
      }),
    );
  });

  test("is never sure of anything the general decoder sees otherwise", () => {
    const bodies = fc.record(
      {
        StreamName: fc.oneof(streamName, fc.string()),
        Records: fc.oneof(fc.array(fc.oneof(usual, odd), { maxLength: 3 }), fc.jsonValue()),
        StreamARN: fc.oneof(arn, fc.string()),
        DryRun: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const edit = fc.option(
      fc.record({
        at: fc.nat(),
        drop: fc.nat(3),
        put: fc.constantFrom("", '"', "\\", ",", "}", "-", "\u00ff", '"Data":'),
      }),
    );
    fc.assert(
      fc.property(bodies, indent, edit, (input, blanks, change) => {
        const text = JSON.stringify(input, null, blanks);
        const at = change === null ? 0 : change.at % text.length;
        const body = Buffer.from(
          change === null ? text : text.slice(0, at) + change.put + text.slice(at + change.drop),
        );
        const found = inputOf(body, scanPutRecords(body));
        if (found !== "unsure") expect({ ok: found }).toEqual(decodeRequest("json", "PutRecords", body));
      }),
      { numRuns: 3000 },
    );
  });

  test("takes 500 records and not 501", () => {
    expect(scanPutRecords(bodyOf(500))?.recordCount).toBe(500);
    expect(scanPutRecords(bodyOf(501))).toBeUndefined();
    expect(scanPutRecords(bodyOf(0))).toBeUndefined();
  });

  const unsure = [
    '{"Records":[{"Data":""}]}x',
    '{"Records":[{"Data":""}],}',
    '{"Records":[{"Data":"",}]}',
    '{"Records":[{"Data":""}],"Records":[{"Data":""}]}',
    '{"Records":[{"Data":"","Data":""}]}',
    '{"Records":[{"Data":""}],"StreamName":"a","StreamName":"b"}',
    '{"Records":[{"PartitionKey":"a"}]}',
    '{"Records":[{"Data":"","PartitionKey":"\\u0061"}]}',
  ];
  test.each(unsure)("%s", (text) => {
    expect(scanPutRecords(Buffer.from(text))).toBeUndefined();
  });
});

describe("a scan of one record", () => {
  test("agrees with the general decoder", () => {
    const bodies = fc.oneof(
      fc.tuple(usual, fc.record({ StreamName: streamName, StreamARN: arn }, { requiredKeys: [] })),
      fc.tuple(odd, fc.record({ StreamName: fc.string() }, { requiredKeys: [] })),
    );
    fc.assert(
      fc.property(bodies, ([record, address]) => {
        const body = Buffer.from(JSON.stringify({ ...record, ...address }));
        const found = inputOf(body, scanPutRecord(body));
        if (found === "unsure") return;
        const { Records, ...rest } = found;
        expect({ ok: { ...Records[0], ...rest } }).toEqual(decodeRequest("json", "PutRecord", body));
      }),
    );
  });

  test("a repeated member is not mistaken for another", () => {
    expect(
      scanPutRecord(Buffer.from('{"Data":"","PartitionKey":"a","PartitionKey":"StreamName":"x"}')),
    ).toBeUndefined();
    expect(scanPutRecord(Buffer.from('{"Data":"","PartitionKey":"a","StreamName":"x"}'))?.recordCount).toBe(1);
  });
});
