/** The messages of an event stream as their bytes arrive, cut and decoded with the AWS SDK's own codec. */
import { EventStreamCodec } from "@smithy/eventstream-codec";

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString("utf8"),
  (text) => Buffer.from(text, "utf8"),
);
const LENGTH_BYTES = 4;

/** One message: what its headers call it, and its JSON payload. */
export interface EventMessage {
  readonly type: string;
  readonly payload: unknown;
}

/** See the file comment. */
export class EventMessages {
  #rest: Buffer = Buffer.alloc(0);

  /** The messages that are complete with these bytes. Throws when a checksum is wrong. */
  take(bytes: Buffer): EventMessage[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const messages: EventMessage[] = [];
    while (this.#rest.length >= LENGTH_BYTES && this.#rest.length >= this.#rest.readUInt32BE(0)) {
      const lengthBytes = this.#rest.readUInt32BE(0);
      const { headers, body } = codec.decode(this.#rest.subarray(0, lengthBytes));
      this.#rest = this.#rest.subarray(lengthBytes);
      const type = headers[":exception-type"] ?? headers[":event-type"];
      messages.push({ type: String(type?.value), payload: JSON.parse(Buffer.from(body).toString() || "{}") });
    }
    return messages;
  }
}
