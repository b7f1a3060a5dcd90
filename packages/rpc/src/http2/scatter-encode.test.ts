import fc from "fast-check";
import { expect, test } from "vitest";
import { services } from "../load.ts";
import { callerCodec, serverCodec, type Method } from "./message-codec.ts";

const { Append, Read } = services().Storage.service;
const { Exchange } = services().Peer.service;

const bytes = fc
  .oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.integer({ min: 4_000, max: 20_000 }).map((size) => new Uint8Array(size).fill(size % 251)),
  )
  .map((array) => Buffer.from(array));

const appends = fc.array(fc.record({ correlation: fc.nat(), shardUid: fc.nat(), records: bytes }), { maxLength: 6 });
const envelopes = fc.array(fc.record({ shardUid: fc.nat(), epoch: fc.nat(), frames: bytes, reason: fc.string() }), {
  maxLength: 6,
});

test("what is written in parts reads as what the serializer alone would have written", () => {
  fc.assert(
    fc.property(appends, envelopes, bytes, fc.nat(), (sent, exchanged, frames, nextOffset) => {
      const cases: [Method, "caller" | "server", object][] = [
        [Append, "caller", { appends: sent }],
        [Exchange, "caller", { envelopes: exchanged, freshnessReply: { nonce: nextOffset } }],
        [Exchange, "server", { envelopes: exchanged, hello: { nodeId: "n" } }],
        [Read, "server", { frames, nextOffset, last: true }],
      ];
      for (const [method, side, message] of cases) {
        const byCaller = side === "caller";
        const written = Buffer.concat((byCaller ? callerCodec(method) : serverCodec(method)).encode(message));
        const [serialize, deserialize] = byCaller
          ? [method.requestSerialize, method.requestDeserialize]
          : [method.responseSerialize, method.responseDeserialize];
        const plain = serialize(message);
        expect(serialize(deserialize(written)).equals(serialize(deserialize(plain)))).toBe(true);
      }
    }),
  );
});

test("large bytes are passed on, not copied", () => {
  const records = Buffer.alloc(100_000, 1);
  const parts = callerCodec(Append).encode({ appends: [{ correlation: 1, records }] });
  expect(parts).toContain(records);
});
