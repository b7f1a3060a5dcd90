import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { callerCodec, serverCodec, type Method } from "../http2/message-codec.ts";
import { services } from "../load.ts";
import { _millrace_v1_PeerEnvelope_Kind as Kind } from "../generated/millrace/v1/PeerEnvelope.ts";
import { Status } from "../generated/millrace/v1/Status.ts";
import { decodeAppendBatch, decodeAppendResults } from "./append-codec.ts";
import { decodePeerBatch } from "./peer-batch-codec.ts";

const { Append } = services().Storage.service;
const { Exchange } = services().Peer.service;

const count = fc.oneof(fc.nat(300), fc.maxSafeNat());
const uint32 = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 0xffff_ffff }));
const text = fc.oneof(fc.uuid(), fc.string({ unit: "binary", maxLength: 12 }));
const bytes = fc
  .oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(4095, 4096, 9000).map((size) => new Uint8Array(size).fill(7)),
  )
  .map((array) => Buffer.from(array));
const statuses = fc.constantFrom("STATUS_OK", "NOT_LEADER", "THROTTLED", "NOT_READY");
const anyFields = { requiredKeys: [] };

const appends = fc.array(
  fc.record(
    {
      correlation: count,
      shardUid: count,
      recordCount: uint32,
      userBytes: uint32,
      recordsCrc: uint32,
      appendId: bytes,
      records: bytes,
      requestId: text,
    },
    anyFields,
  ),
  { maxLength: 6 },
);
const results = fc.array(
  fc.record(
    {
      correlation: count,
      status: statuses,
      baseOffset: count,
      acceptedCount: uint32,
      arrivalMs: count,
      leaderHint: text,
    },
    anyFields,
  ),
  { maxLength: 6 },
);
const hotEnvelope = fc.record({
  shardUid: count,
  toReplicaUuid: text,
  fromReplicaUuid: text,
  kind: fc.constantFrom("APPEND", "ACK"),
  epoch: uint32,
  commitOffset: count,
  durableEnd: count,
  adopted: fc.boolean(),
  frames: bytes,
});
const otherEnvelope = fc.record({
  shardUid: count,
  kind: fc.constantFrom("PROBE", "CATCH_UP", "REJECT"),
  resetTo: fc.constantFrom(-1, 0, 77),
  history: fc.constant([{ epoch: 3, startOffset: 9 }]),
  reason: text,
  frames: bytes,
});
const envelopes = fc.array(fc.oneof({ weight: 4, arbitrary: hotEnvelope }, otherEnvelope), { maxLength: 6 });
const peerParts = fc.record(
  { hello: fc.constant({ nodeId: "n" }), freshnessReply: fc.record({ nonce: count, nowMs: count }) },
  anyFields,
);

/** Both sides of one direction of a method: what we write must read alike everywhere, and what the generated code writes must read alike here. */
function agrees(method: Method, direction: "request" | "response", message: object): void {
  const [ours, theirs] = [callerCodec(method), serverCodec(method)];
  const forth = direction === "request";
  const encode = forth ? ours.encode : theirs.encode;
  const decode = forth ? theirs.decode : ours.decode;
  const serialize = forth ? method.requestSerialize : method.responseSerialize;
  const deserialize = forth ? method.requestDeserialize : method.responseDeserialize;
  const plain = serialize(message);
  const expected = deserialize(plain);
  for (const read of [deserialize(Buffer.concat(encode(message))), decode(plain)])
    if (!isDeepStrictEqual(read, expected)) expect(read).toEqual(expected);
}

test("hand-written and generated code read each other's messages alike", () => {
  fc.assert(
    fc.property(appends, results, envelopes, peerParts, (sent, answered, exchanged, others) => {
      agrees(Append, "request", { appends: sent });
      agrees(Append, "response", { results: answered });
      agrees(Exchange, "request", { envelopes: exchanged, ...others });
      agrees(Exchange, "response", { envelopes: exchanged, ...others });
    }),
  );
});

test("every status and kind of the schema has the same number on both sides", () => {
  for (const status of Object.values(Status)) agrees(Append, "response", { results: [{ correlation: 1, status }] });
  for (const kind of Object.values(Kind)) agrees(Exchange, "request", { envelopes: [{ shardUid: 1, kind }] });
});

test("cut, altered and unknown bytes are never misread: they are left to the generated code", () => {
  const whole = Buffer.concat(
    callerCodec(Append).encode({ appends: [{ correlation: 5, records: Buffer.from("abc"), requestId: "r" }] }),
  );
  for (let length = 1; length < whole.length; length += 1)
    expect(decodeAppendBatch(whole.subarray(0, length))).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (array) => {
      const noise = Buffer.from(array);
      for (const [decode, deserialize] of [
        [decodeAppendBatch, Append.requestDeserialize],
        [decodeAppendResults, Append.responseDeserialize],
        [decodePeerBatch, Exchange.requestDeserialize],
      ] as const) {
        const own = decode(noise);
        if (own !== undefined) expect(own).toEqual(deserialize(noise));
      }
    }),
    { numRuns: 2000 },
  );
});
