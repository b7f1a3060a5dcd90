import { EventStreamCodec } from "@smithy/eventstream-codec";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  encodeErrorMessage,
  encodeEventMessage,
  encodeInitialResponse,
  encodeShardEventMessage,
} from "./event-message.ts";
import { kinesisError, resourceInUse } from "./kinesis-error.ts";

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString("utf8"),
  (text) => Buffer.from(text),
);

/** Headers and payload as the SDK reads them; it checks lengths and checksums. */
function read(frame: Buffer): { headers: [string, unknown][]; body: string } {
  const { headers, body } = codec.decode(frame);
  return {
    headers: Object.entries(headers).map(([name, { value }]) => [name, value]),
    body: Buffer.from(body).toString("utf8"),
  };
}

test("the SDK reads every frame back and would write the same bytes", () => {
  const name = fc.stringMatching(/^[a-z:-]{1,20}$/);
  const headers = fc.uniqueArray(fc.tuple(name, fc.string({ unit: "grapheme", maxLength: 20 })), {
    selector: ([key]) => key,
    maxLength: 5,
  });
  fc.assert(
    fc.property(headers, fc.uint8Array({ maxLength: 200 }), (pairs, payload) => {
      const typed = Object.fromEntries(pairs.map(([key, value]) => [key, { type: "string" as const, value }]));
      expect(encodeEventMessage(pairs, payload)).toEqual(Buffer.from(codec.encode({ headers: typed, body: payload })));
    }),
  );
});

test("the frames of a subscription", () => {
  const json = [":content-type", "application/x-amz-json-1.1"];
  const event = (type: string): unknown[] => [[":event-type", type], json, [":message-type", "event"]];
  expect(read(encodeInitialResponse())).toEqual({ headers: event("initial-response"), body: "{}" });
  expect(read(encodeShardEventMessage(Buffer.from('{"Records":[]}')))).toEqual({
    headers: event("SubscribeToShardEvent"),
    body: '{"Records":[]}',
  });
  expect(read(encodeErrorMessage(resourceInUse("taken"), true))).toEqual({
    headers: [[":exception-type", "ResourceInUseException"], json, [":message-type", "exception"]],
    body: '{"message":"taken"}',
  });
  expect(read(encodeErrorMessage(kinesisError("InternalFailure", "x"), false))).toEqual({
    headers: [
      [":error-code", "InternalFailure"],
      [":error-message", "x"],
      [":message-type", "error"],
    ],
    body: "",
  });
});
