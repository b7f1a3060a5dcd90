/** Where the events of a subscription go: an HTTP event stream or a gRPC stream. */
import {
  encodeErrorMessage,
  encodeInitialResponse,
  encodeShardEvent,
  encodeShardEventMessage,
  type KinesisError,
  type ShardEventAnswer,
} from "@millrace/kinesis";
import type { ReplySink } from "../http/http-message.ts";

/** See the file comment. After the reader has gone everything is ignored. */
export interface EventSink {
  /** Called once, before any event. */
  begin(): void;
  /** False asks the writer to wait for `onDrain`. */
  event(event: ShardEventAnswer): boolean;
  end(): void;
  /** Ends the stream with an error that the API models for it. */
  fail(error: KinesisError): void;
  onDrain(callback: () => void): void;
  /** Fires once, whoever ended the stream. */
  onClose(callback: () => void): void;
}

/** Events as frames of `application/vnd.amazon.eventstream`. */
export function httpEventSink(reply: ReplySink): EventSink {
  return {
    begin: () => void reply.write(encodeInitialResponse()),
    event: (event) => reply.write(encodeShardEventMessage(encodeShardEvent(event))),
    end: () => reply.end(),
    fail: (error) => {
      reply.write(encodeErrorMessage(error, true));
      reply.end();
    },
    onDrain: (callback) => reply.onDrain(callback),
    onClose: (callback) => reply.onClose(callback),
  };
}
