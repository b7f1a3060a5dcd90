/** A call seen from the side that made it. */
import { constants, type ClientHttp2Stream, type IncomingHttpHeaders } from "node:http2";
import { status } from "@grpc/grpc-js";
import { PROTOCOL_HEADER, protocolRefusal, rangeOfHeader } from "../protocol-version.ts";
import { callFailure } from "./call-failure.ts";
import type { MessageCodec } from "./message-codec.ts";
import { MessageStream } from "./message-stream.ts";

/** See the file comment. Ends with `end` when the server's status is OK, else with `error`. */
export class ClientCall extends MessageStream {
  #status: status | undefined;
  #details = "";
  #deadline: NodeJS.Timeout | undefined;

  /** `timeoutMs` bounds the whole call; without it the call may last for ever. */
  constructor(stream: ClientHttp2Stream, codec: MessageCodec, timeoutMs?: number) {
    super(stream, codec);
    stream.on("response", (headers) => {
      if (headers[":status"] !== constants.HTTP_STATUS_OK) this.#status = status.UNAVAILABLE;
      this.#note(headers);
      // A server that refuses says so itself; this is for one that does not know of versions.
      const refusal = protocolRefusal("the other side", rangeOfHeader(headers[PROTOCOL_HEADER]?.toString()));
      if (refusal === undefined || this.#status !== undefined) return;
      this.finish(callFailure(status.FAILED_PRECONDITION, `VERSION: ${refusal}`));
      this.abort();
    });
    stream.on("trailers", (headers) => this.#note(headers));
    // Trailers may be told of after the end they came with.
    stream.on("end", () => setImmediate(() => this.closed()));
    if (timeoutMs === undefined) return;
    this.#deadline = setTimeout(() => {
      this.finish(callFailure(status.DEADLINE_EXCEEDED, `no answer within ${timeoutMs} ms`));
      this.abort();
    }, timeoutMs);
  }

  /** Gives the call up; an `error` of CANCELLED follows. */
  cancel(): void {
    clearTimeout(this.#deadline);
    this.abort();
    setImmediate(() => this.finish(callFailure(status.CANCELLED, "cancelled by this side")));
  }

  protected override closed(): void {
    clearTimeout(this.#deadline);
    if (this.#status === status.OK) this.finish();
    else this.finish(callFailure(this.#status ?? status.UNAVAILABLE, this.#details || "the connection was lost"));
    if (!this.stream.closed) this.stream.close(constants.NGHTTP2_NO_ERROR);
  }

  #note(headers: IncomingHttpHeaders): void {
    if (headers["grpc-status"] === undefined) return;
    this.#status = statusOf(String(headers["grpc-status"]));
    this.#details = decoded(String(headers["grpc-message"] ?? ""));
  }
}

const statuses: ReadonlyMap<string, status> = new Map(
  Object.values(status).flatMap((code) => (typeof code === "number" ? [[String(code), code]] : [])),
);

function statusOf(text: string): status {
  return statuses.get(text) ?? status.UNKNOWN;
}

/** A status message as it was before it was made fit for a header; as it is when it never was. */
function decoded(message: string): string {
  try {
    return decodeURI(message);
  } catch {
    return message;
  }
}
