import { encodeFrame, frameKind } from "@millrace/model";
import type { PeerMessage } from "@millrace/replication";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packageDefinition } from "./load.ts";
import { decodePeerMessage, encodePeerMessage } from "./peer-codec.ts";
import type { PeerBatch__Output } from "./generated/millrace/v1/PeerBatch.ts";

const addressing = { shardUid: 7, toReplicaUuid: "to", fromReplicaUuid: "from" };

/** Over the real serializers of the Peer service, as between processes. */
function overTheWire(message: PeerMessage, damage?: (bytes: Buffer) => void): PeerMessage | undefined {
  const service = packageDefinition()["millrace.v1.Peer"] as unknown as {
    Exchange: { requestSerialize(value: object): Buffer; requestDeserialize(bytes: Buffer): PeerBatch__Output };
  };
  const bytes = service.Exchange.requestSerialize({ envelopes: [encodePeerMessage(addressing, message)] });
  damage?.(bytes);
  const envelope = service.Exchange.requestDeserialize(bytes).envelopes[0];
  return envelope && decodePeerMessage(envelope);
}

function frame(baseOffset: number, body: string): ReturnType<typeof encodeFrame> {
  return encodeFrame({
    kind: frameKind.records,
    shardUid: 7,
    epoch: 3,
    recordCount: 1,
    baseOffset,
    arrivalMs: 5,
    prevEpoch: 2,
    userBytes: body.length,
    appendIds: [],
    bodies: [Buffer.from(body)],
  });
}

const history = [
  { epoch: 1, startOffset: 0 },
  { epoch: 3, startOffset: 2 ** 40 },
];
const set = [{ nodeId: "n", replicaUuid: "from", zone: "a" }];

describe("peer messages on the wire", () => {
  const messages: PeerMessage[] = [
    { kind: "probe", epoch: 3, set, ackedEnd: 7 },
    { kind: "probeReply", epoch: 3, replicaUuid: "from", logStart: 0, logEnd: 9, history },
    {
      kind: "catchUp",
      epoch: 3,
      truncateTo: 4,
      resetTo: -1,
      history,
      startOffset: 2 ** 40,
      set,
      frames: [frame(4, "a"), frame(5, "bb")],
    },
    { kind: "append", epoch: 3, commitOffset: 2 ** 50, frames: [frame(4, "a")] },
    { kind: "append", epoch: 3, commitOffset: 0, frames: [] },
    { kind: "ack", epoch: 3, replicaUuid: "from", adopted: true, durableEnd: 12 },
    { kind: "reject", epoch: 3, reason: "gap", promisedEpoch: 4, expectedOffset: 2 },
  ];
  test.each(messages)("$kind comes back as it was", (message) => {
    expect(overTheWire(message)).toEqual(message);
  });

  test("a frame damaged in any byte is refused", () => {
    const sent = frame(4, "some data");
    const message: PeerMessage = { kind: "append", epoch: 3, commitOffset: 0, frames: [sent] };
    fc.assert(
      fc.property(fc.nat(sent.bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const got = overTheWire(message, (bytes) => {
          const position = bytes.indexOf(sent.bytes) + at;
          bytes[position] = (bytes[position] ?? 0) ^ flip;
        });
        expect(got).toBeUndefined();
      }),
    );
  });
});
