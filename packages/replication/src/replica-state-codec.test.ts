import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeReplicaState, encodeReplicaState } from "./replica-state-codec.ts";
import { initialReplicaState } from "./initial-replica-state.ts";

const offset = fc.nat(Number.MAX_SAFE_INTEGER);
const epoch = fc.nat(0xffff_ffff);
const name = fc.string({ unit: "grapheme", maxLength: 40 });
const anyState = fc.record(
  {
    shardUid: offset,
    replicaUuid: name,
    promisedEpoch: epoch,
    logEpoch: epoch,
    history: fc.array(fc.record({ epoch, startOffset: offset }, { noNullPrototype: true }), {
      minLength: 1,
      maxLength: 20,
    }),
    configEpoch: epoch,
    set: fc.array(fc.record({ nodeId: name, replicaUuid: name, zone: name }, { noNullPrototype: true }), {
      maxLength: 5,
    }),
    suspect: fc.boolean(),
    damaged: fc.boolean(),
    halted: fc.boolean(),
    logStart: offset,
    trims: fc.array(fc.record({ frameEnd: offset, logStart: offset }, { noNullPrototype: true }), { maxLength: 16 }),
  },
  { noNullPrototype: true },
);

test("a state survives its bytes", () => {
  fc.assert(
    fc.property(anyState, (state) => {
      expect(decodeReplicaState(encodeReplicaState(state))).toEqual(state);
    }),
  );
});

test("damaged, cut or foreign bytes are no state", () => {
  fc.assert(
    fc.property(anyState, fc.nat(), fc.integer({ min: 1, max: 255 }), (state, at, flip) => {
      const bytes = encodeReplicaState(state);
      const position = at % bytes.length;
      expect(decodeReplicaState(bytes.subarray(0, position))).toBeUndefined();
      bytes[position] = (bytes[position] ?? 0) ^ flip;
      expect(decodeReplicaState(bytes)).toBeUndefined();
    }),
  );
});

test("the bytes of version 1 stay readable", () => {
  const state = initialReplicaState(7, "u", 3, [{ nodeId: "n", replicaUuid: "u", zone: "z" }]);
  const hex = encodeReplicaState(state).toString("hex");
  expect(hex).toMatchInlineSnapshot(
    `"01000001000100000000000000000007000000030000000000000003754c8769000000000000000000017500000000000000000000000000016e00017500017a"`,
  );
  expect(decodeReplicaState(Buffer.from(hex, "hex"))).toEqual(state);
});
