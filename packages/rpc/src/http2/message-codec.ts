/** How the messages of a method look on the wire. */
import type { MethodDefinition } from "@grpc/proto-loader";
import { decodeAppendBatch, decodeAppendResults, encodeAppendBatch, encodeAppendResults } from "../hot/append-codec.ts";
import { decodePeerBatch, peerBatchEncoder } from "../hot/peer-batch-codec.ts";
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

type Encode = MessageCodec["encode"];
type Decode = MessageCodec["decode"];

/** What is used in place of the generated code, which it is given. */
interface HandWritten {
  readonly encode?: (generated: (message: object) => Buffer) => Encode;
  readonly decode?: (bytes: Buffer) => object | undefined;
}

const appendBatch: HandWritten = { encode: () => encodeAppendBatch as Encode, decode: decodeAppendBatch };
const appendResults: HandWritten = { encode: () => encodeAppendResults as Encode, decode: decodeAppendResults };
const frames = { list: { name: "envelopes", tag: 0x12 }, name: "frames", tag: 0x9a };
const peerBatch: HandWritten = {
  encode: (generated) => peerBatchEncoder(scatterEncoder(generated, frames)),
  decode: decodePeerBatch,
};
const readChunk = inParts({ name: "frames", tag: 0x12 });

/** The methods that carry records, and what they carry each way. */
const handWritten: Readonly<Record<string, { readonly request?: HandWritten; readonly response?: HandWritten }>> = {
  "/millrace.v1.Storage/Append": { request: appendBatch, response: appendResults },
  "/millrace.v1.Peer/Exchange": { request: peerBatch, response: peerBatch },
  "/millrace.v1.Storage/Read": { response: readChunk },
  "/millrace.v1.Storage/Subscribe": { response: readChunk },
};

/** What the side that calls `method` sends and receives. */
export function callerCodec({ path, requestSerialize, responseDeserialize }: Method): MessageCodec {
  const { request, response } = handWritten[path] ?? {};
  return { encode: encoderOf(requestSerialize, request), decode: decoderOf(responseDeserialize, response) };
}

/** What the side that serves `method` sends and receives. */
export function serverCodec({ path, responseSerialize, requestDeserialize }: Method): MessageCodec {
  const { request, response } = handWritten[path] ?? {};
  return { encode: encoderOf(responseSerialize, response), decode: decoderOf(requestDeserialize, request) };
}

function encoderOf(generated: (message: object) => Buffer, own: HandWritten | undefined): Encode {
  return own?.encode?.(generated) ?? ((message) => [generated(message)]);
}

function decoderOf(generated: Decode, own: HandWritten | undefined): Decode {
  const decode = own?.decode;
  return decode === undefined ? generated : (bytes) => decode(bytes) ?? generated(bytes);
}

function inParts(field: LargeField): HandWritten {
  return { encode: (generated) => scatterEncoder(generated, field) };
}
