/**
 * One gRPC call over an HTTP/2 stream, seen from either end: messages in and out. Written for the paths that carry
 * records: a message's large parts go to the socket as they are, and arrive as slices of what the socket brought.
 *
 * Methods and events are those of the calls of `@grpc/grpc-js`, as far as the cluster uses them: `data` (a message), `end`
 * (the other side is done, in order), `error` (it failed), `cancelled` (the stream is gone before this side ended it),
 * `drain` (write on), `close` (over, after everything else).
 */
import { EventEmitter } from "node:events";
import { constants, type Http2Stream } from "node:http2";
import type { ServiceError as GrpcError } from "@grpc/grpc-js";
import { failureOf } from "./call-failure.ts";
import type { MessageCodec, MessageParts } from "./message-codec.ts";
import { MessageSplitter, PREFIX_BYTES } from "./message-splitter.ts";

/** Messages up to this size are joined with their prefix: one small copy is cheaper than a list of writes. */
const JOIN_BYTES_MAX = 16 * 1024;
/** Bytes that may wait for the socket before `write` answers false. */
const WAITING_BYTES_MAX = 1024 * 1024;

interface MessageEvents {
  data: [object];
  end: [];
  error: [GrpcError];
  cancelled: [];
  drain: [];
  close: [];
}

/** See the file comment. The two ends differ in how a call ends: see the classes that extend it. */
export abstract class MessageStream extends EventEmitter<MessageEvents> {
  protected readonly stream: Http2Stream;
  readonly #codec: MessageCodec;
  readonly #splitter = new MessageSplitter();
  #ended = false;
  #over = false;

  constructor(stream: Http2Stream, codec: MessageCodec) {
    super();
    this.stream = stream;
    this.#codec = codec;
    stream.on("data", (chunk: Buffer) => this.#received(chunk));
    stream.on("drain", () => this.emit("drain"));
    stream.on("error", () => undefined);
    stream.on("close", () => {
      this.closed();
      if (!this.#ended) this.emit("cancelled");
      this.emit("close");
    });
  }

  /** Sends one message; `written` is called when the socket has taken it or never will. False: wait for `drain`. */
  write(message: object, written?: () => void): boolean {
    const { stream } = this;
    if (this.#ended || stream.destroyed || stream.closed) {
      if (written) setImmediate(written);
      return true;
    }
    const parts = this.#codec.encode(message);
    let length = 0;
    for (const part of parts) length += part.length;
    if (length <= JOIN_BYTES_MAX) {
      stream.write(joined(parts, length), written);
    } else {
      stream.cork();
      stream.write(joined([], length));
      parts.forEach((part, index) => stream.write(part, index === parts.length - 1 ? written : undefined));
      stream.uncork();
    }
    return stream.writableLength < WAITING_BYTES_MAX;
  }

  /** Nothing more will be written. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (!this.stream.destroyed) this.stream.end();
  }

  /** Breaks the call off, in both directions. */
  protected abort(): void {
    this.#ended = true;
    this.stream.close(constants.NGHTTP2_CANCEL);
  }

  pause(): void {
    this.stream.pause();
  }

  resume(): void {
    this.stream.resume();
  }

  isPaused(): boolean {
    return this.stream.isPaused();
  }

  /** The stream closed. */
  protected abstract closed(): void;

  /** Reports the end of the call once: an error, or an orderly end. */
  protected finish(error?: GrpcError): void {
    if (this.#over) return;
    this.#over = true;
    if (error === undefined) this.emit("end");
    else if (this.listenerCount("error") > 0) this.emit("error", error);
  }

  #received(chunk: Buffer): void {
    const messages: object[] = [];
    let failure: GrpcError | undefined;
    try {
      this.#splitter.push(chunk, (bytes) => messages.push(this.#codec.decode(bytes)));
    } catch (thrown) {
      failure = failureOf(thrown);
    }
    for (const message of messages) if (!this.#over) this.emit("data", message);
    if (failure === undefined) return;
    this.finish(failure);
    this.abort();
  }
}

function joined(parts: MessageParts, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(PREFIX_BYTES + (parts.length === 0 ? 0 : length));
  bytes[0] = 0;
  bytes.writeUInt32BE(length, 1);
  let position = PREFIX_BYTES;
  for (const part of parts) {
    bytes.set(part, position);
    position += part.length;
  }
  return bytes;
}
