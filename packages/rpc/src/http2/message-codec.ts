/** How the messages of a method look on the wire. */
import type { MethodDefinition } from "@grpc/proto-loader";

/** A message's bytes, in order; joined, or written one after the other. */
export type MessageParts = readonly Buffer[];

/** Writer of what one end sends, reader of what it receives. `decode` may keep slices of what it is given. */
export interface MessageCodec {
  readonly encode: (message: object) => MessageParts;
  readonly decode: (bytes: Buffer) => object;
}

/** A method of one of our services, as proto-loader describes it. */
export type Method = MethodDefinition<object, object, object, object>;

/** What the side that calls `method` sends and receives. */
export function callerCodec({ requestSerialize, responseDeserialize }: Method): MessageCodec {
  return { encode: (message) => [requestSerialize(message)], decode: responseDeserialize };
}

/** What the side that serves `method` sends and receives. */
export function serverCodec({ responseSerialize, requestDeserialize }: Method): MessageCodec {
  return { encode: (message) => [responseSerialize(message)], decode: requestDeserialize };
}
