/**
 * Frames of `application/vnd.amazon.eventstream`, as SubscribeToShard answers. All integers big-endian:
 *
 * ```
 * 0 u32 total bytes      whole message
 * 4 u32 header bytes
 * 8 u32 crc32 of bytes 0..7
 * 12 headers: u8 name length, name, u8 type (7: string), u16 value length, value
 *    payload
 *    u32 crc32 of everything before it
 * ```
 */
import { assert, crc32 } from "@millrace/base";
import type { KinesisError } from "./kinesis-error.ts";

const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;
const HEADER_TYPE_STRING = 7;
const EVENT_CONTENT_TYPE = "application/x-amz-json-1.1";
/** `Content-Type` of the response that carries the frames. */
export const EVENT_STREAM_MEDIA_TYPE = "application/vnd.amazon.eventstream";

/** Names and values of a message's headers; the API uses strings only. */
export type EventHeaders = readonly (readonly [name: string, value: string])[];

/** One frame. Neither argument is kept. */
export function encodeEventMessage(headers: EventHeaders, payload: Uint8Array): Buffer {
  const head = encodeEventHead(headers, payload.length);
  const frame = Buffer.allocUnsafe(head.length + payload.length + CRC_BYTES);
  frame.set(head, 0);
  frame.set(payload, head.length);
  return closeEventMessage(frame);
}

/** The frame that must come first: clients wait for it. */
export function encodeInitialResponse(): Buffer {
  return encodeEventMessage(eventHeaders("initial-response"), Buffer.from("{}"));
}

/** The frame of one SubscribeToShardEvent. `payload` is its JSON, e.g. from `encodeShardEvent`. */
export function encodeShardEventMessage(payload: Uint8Array): Buffer {
  return encodeEventMessage(eventHeaders("SubscribeToShardEvent"), payload);
}

/** The frame that ends a stream with an error: an exception when the model lists its type, else a bare error. */
export function encodeErrorMessage(error: KinesisError, modelled: boolean): Buffer {
  if (!modelled) {
    const headers = [
      [":error-code", error.type],
      [":error-message", error.message ?? ""],
      [":message-type", "error"],
    ] as const;
    return encodeEventMessage(headers, Buffer.alloc(0));
  }
  const headers = [
    [":exception-type", error.type],
    [":content-type", EVENT_CONTENT_TYPE],
    [":message-type", "exception"],
  ] as const;
  return encodeEventMessage(headers, Buffer.from(JSON.stringify({ message: error.message ?? "" })));
}

/** In the order of a production capture. */
function eventHeaders(eventType: string): EventHeaders {
  return [
    [":event-type", eventType],
    [":content-type", EVENT_CONTENT_TYPE],
    [":message-type", "event"],
  ];
}

/** Prelude and headers of a message whose payload has `payloadBytes`. */
function encodeEventHead(headers: EventHeaders, payloadBytes: number): Buffer {
  let headerBytes = 0;
  for (const [name, value] of headers) headerBytes += 4 + Buffer.byteLength(name) + Buffer.byteLength(value);
  const head = Buffer.allocUnsafe(PRELUDE_BYTES + headerBytes);
  head.writeUInt32BE(PRELUDE_BYTES + headerBytes + payloadBytes + CRC_BYTES, 0);
  head.writeUInt32BE(headerBytes, 4);
  head.writeUInt32BE(crc32(head.subarray(0, 8)), 8);
  let position = PRELUDE_BYTES;
  for (const [name, value] of headers) {
    const nameBytes = Buffer.byteLength(name);
    const valueBytes = Buffer.byteLength(value);
    assert(nameBytes <= 0xff && valueBytes <= 0xffff, "an event header fits its length fields");
    position = head.writeUInt8(nameBytes, position);
    position += head.write(name, position);
    position = head.writeUInt8(HEADER_TYPE_STRING, position);
    position = head.writeUInt16BE(valueBytes, position);
    position += head.write(value, position);
  }
  return head;
}

/** Writes the checksum into the last four bytes. */
function closeEventMessage(frame: Buffer): Buffer {
  frame.writeUInt32BE(crc32(frame.subarray(0, frame.length - CRC_BYTES)), frame.length - CRC_BYTES);
  return frame;
}
