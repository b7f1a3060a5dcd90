import fc from "fast-check";
import { expect, test } from "vitest";
import { MESSAGE_BYTES_MAX } from "../channel-options.ts";
import { MessageSplitter, PREFIX_BYTES } from "./message-splitter.ts";

function framed(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

test("messages come out whole and in order, however the bytes are cut", () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });
  const messages = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 12 });
  fc.assert(
    fc.property(messages, cuts, (sent, sizes) => {
      const wire = Buffer.concat(sent.map(framed));
      const splitter = new MessageSplitter();
      const got: Buffer[] = [];
      for (let position = 0, turn = 0; position < wire.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1;
        splitter.push(wire.subarray(position, position + size), (message) => got.push(message));
        position += size;
      }
      expect(got.map((message) => message.toString("hex"))).toEqual(
        sent.map((message) => Buffer.from(message).toString("hex")),
      );
    }),
  );
});

test("what is compressed or too large is refused before memory is taken for it", () => {
  const take = (): void => expect.unreachable();
  const compressed = framed(Buffer.from("x"));
  compressed[0] = 1;
  expect(() => new MessageSplitter().push(compressed, take)).toThrow(/compressed/);
  const large = Buffer.alloc(PREFIX_BYTES);
  large.writeUInt32BE(MESSAGE_BYTES_MAX + 1, 1);
  expect(() => new MessageSplitter().push(large, take)).toThrow(/OVERLOADED/);
});
