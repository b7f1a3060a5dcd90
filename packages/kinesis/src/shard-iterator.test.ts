import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openIterator, sealIterator, TOKEN_LIFE_MS, type ShardIteratorContent } from "./shard-iterator.ts";

const key = Buffer.alloc(32, 7);
const nonce = Buffer.alloc(12, 9);
const safe = fc.maxSafeNat();
const time = fc.integer({ min: 0, max: 4_000_000_000_000 });
const position: fc.Arbitrary<ShardIteratorContent["position"]> = fc.oneof(
  fc.record({ kind: fc.constant("offset" as const), offset: safe }),
  fc.record({ kind: fc.constant("trimHorizon" as const) }),
  fc.record({ kind: fc.constant("timestamp" as const), timestampMs: time }),
);
const contents: fc.Arbitrary<ShardIteratorContent> = fc.record({
  streamUid: safe,
  shardUid: safe,
  shardIndex: fc.nat(),
  accountId: fc.stringMatching(/^\d{12}$/),
  streamName: fc.stringMatching(/^[a-zA-Z0-9_.-]{1,128}$/),
  issuedMs: time,
  position,
});

describe("iterators", () => {
  test("say what was put into them, look like AWS's, and fit", () => {
    fc.assert(
      fc.property(contents, fc.uint8Array({ minLength: 12, maxLength: 12 }), (content, random) => {
        const text = sealIterator({ key, nonce: random }, content);
        expect(text).toMatch(/^AAAAAAAAAA[E-H]/);
        expect(text.length).toBeLessThan(400);
        expect(openIterator(key, text, content.issuedMs)).toEqual({ ok: content });
        expect(openIterator(key, `"${text}"`, content.issuedMs + TOKEN_LIFE_MS)).toEqual({ ok: content });
      }),
    );
  });

  const content: ShardIteratorContent = {
    streamUid: 1,
    shardUid: 2,
    shardIndex: 3,
    accountId: "000000000000",
    streamName: "s",
    issuedMs: Date.UTC(2015, 0, 22, 1, 22, 2),
    position: { kind: "trimHorizon" },
  };

  test("anything else is invalid", () => {
    const text = sealIterator({ key, nonce }, content);
    const bytes = Buffer.from(text, "base64");
    const flipped = Array.from(bytes, (byte, index) => {
      const copy = Buffer.from(bytes);
      copy[index] = byte ^ 1;
      return copy.toString("base64");
    });
    for (const bad of [
      "",
      '"',
      '""',
      "x",
      "AAAA",
      text.slice(4),
      text.replaceAll("=", ""),
      `${text}AAAA`,
      ...flipped,
    ]) {
      expect(openIterator(key, bad, content.issuedMs)).toMatchObject({
        error: { type: "InvalidArgumentException", message: "Invalid ShardIterator." },
      });
    }
    expect(openIterator(Buffer.alloc(32), text, content.issuedMs)).toMatchObject({ error: { status: 400 } });
  });

  test("five minutes later it has expired", () => {
    const text = sealIterator({ key, nonce }, content);
    expect(openIterator(key, text, content.issuedMs + TOKEN_LIFE_MS + 1)).toEqual({
      error: {
        type: "ExpiredIteratorException",
        status: 400,
        message:
          "Iterator expired. The iterator was created at time Thu Jan 22 01:22:02 UTC 2015 while right now it is Thu Jan 22 01:27:02 UTC 2015 which is further in the future than the tolerated delay of 300000 milliseconds.",
      },
    });
  });
});
