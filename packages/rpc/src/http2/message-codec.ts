/** How the messages of a method look on the wire. */
import type { MethodDefinition } from "@grpc/proto-loader";
import { scatterEncoder, type LargeField } from "./scatter-encode.ts";

/** A message's bytes, in order; joined, or written one after the other. */
export type MessageParts = readonly Buffer[];

/** Writer of what one end sends, reader of what it receives. `decode` may keep slices of what it is given. */
export interface MessageCodec {
  readonly encode: (message: object) => MessageParts;
  readonly decode: (bytes: Buffer) => object;
}

/** A method of one of our services, as proto-loader describes it. */
export type Method = MethodDefinition<object, object, object, object>;

/** Where requests, and where answers, hold records: see `proto/`. */
const largeRequests: Readonly<Record<string, LargeField>> = {
  "/millrace.v1.Storage/Append": { list: { name: "appends", tag: 0x0a }, name: "records", tag: 0x3a },
  "/millrace.v1.Peer/Exchange": { list: { name: "envelopes", tag: 0x12 }, name: "frames", tag: 0x9a },
};
const largeAnswers: Readonly<Record<string, LargeField>> = {
  "/millrace.v1.Storage/Read": { name: "frames", tag: 0x12 },
  "/millrace.v1.Storage/Subscribe": { name: "frames", tag: 0x12 },
};

/** What the side that calls `method` sends and receives. */
export function callerCodec({ path, requestSerialize, responseDeserialize }: Method): MessageCodec {
  return { encode: encoderOf(requestSerialize, largeRequests[path]), decode: responseDeserialize };
}

/** What the side that serves `method` sends and receives. */
export function serverCodec({ path, responseSerialize, requestDeserialize }: Method): MessageCodec {
  return { encode: encoderOf(responseSerialize, largeAnswers[path]), decode: requestDeserialize };
}

function encoderOf(serialize: (message: object) => Buffer, large: LargeField | undefined): MessageCodec["encode"] {
  return large === undefined ? (message) => [serialize(message)] : scatterEncoder(serialize, large);
}
