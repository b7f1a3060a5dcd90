import { compressRecord, encodeAggregate } from "@millrace/kinesis";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ConsumeHappening } from "../handler/consume-event.ts";
import { trimHorizon, type Checkpoint } from "../lease/checkpoint.ts";
import type { Lease } from "../lease/lease.ts";
import { RecordUnpacker } from "./unpack-records.ts";

const ALL = { start: "0", end: String(2n ** 128n - 1n) };

function unpacker(checkpoint: Checkpoint = trimHorizon, hashRange: Lease["hashRange"] = ALL) {
  const happened: ConsumeHappening[] = [];
  const lease = { stream: "s", shardId: "x", checkpoint, hashRange } as Lease;
  return { unpacker: new RecordUnpacker(lease, (happening) => happened.push(happening)), happened };
}

const fetched = (SequenceNumber: string, Data: Uint8Array) => ({
  SequenceNumber,
  PartitionKey: "outer",
  Data,
  ApproximateArrivalTimestamp: new Date(77),
});
const users = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ partitionKey: `k${index}`, data: Buffer.from(String(index)) }));

test("resuming at any user record delivers exactly those after it, and all of the next Kinesis record", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(25), fc.boolean(), (count, done, compressed) => {
      const aggregate = encodeAggregate(users(count));
      const data = compressed ? compressRecord(aggregate) : aggregate;
      const { unpacker: resumed } = unpacker({ type: "SEQUENCE", sequenceNumber: "10", subSequenceNumber: done });
      const subs = resumed.unpack(fetched("10", data)).records.map(({ subSequenceNumber }) => subSequenceNumber);
      expect(subs).toEqual(Array.from({ length: count }, (_, index) => index).filter((index) => index > done));
      const next = resumed.unpack(fetched("11", data));
      expect(next.records).toHaveLength(count);
      expect(next.position).toEqual({ sequenceNumber: "11", subSequenceNumber: count - 1 });
    }),
  );
});

test("a plain record is one user record with the record's own key and time", () => {
  const { unpacker: fresh, happened } = unpacker();
  expect(fresh.unpack(fetched("5", Buffer.from("plain"))).records).toEqual([
    {
      data: Buffer.from("plain"),
      partitionKey: "outer",
      sequenceNumber: "5",
      subSequenceNumber: 0,
      arrivalMs: 77,
    },
  ]);
  expect(happened).toEqual([]);
});

test("a stray is left out and counted; a malformed aggregate is delivered as it is", () => {
  const aggregate = encodeAggregate(users(3));
  const { unpacker: narrow, happened } = unpacker(trimHorizon, { start: "0", end: "1" });
  expect(narrow.unpack(fetched("5", aggregate))).toEqual({
    records: [],
    position: { sequenceNumber: "5", subSequenceNumber: 0 },
  });
  const broken = Buffer.from(aggregate);
  broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
  expect(narrow.unpack(fetched("6", broken)).records.map(({ data }) => Buffer.from(data))).toEqual([broken]);
  expect(happened).toEqual([
    { kind: "stray", sequenceNumber: "5", dropped: 3 },
    { kind: "malformed", sequenceNumber: "6" },
  ]);
});
