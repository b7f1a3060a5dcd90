/** A call seen from the side that serves it. */
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { Metadata, status } from "@grpc/grpc-js";
import { protocolHeader } from "../protocol-version.ts";
import type { GrpcStatus } from "../to-grpc-error.ts";
import type { MessageCodec } from "./message-codec.ts";
import { MessageStream } from "./message-stream.ts";

const HEADERS = {
  [constants.HTTP2_HEADER_STATUS]: constants.HTTP_STATUS_OK,
  [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc+proto",
};

/** See the file comment. `end` answers OK; an `error` event, whoever emits it, answers with that. */
export class ServerCall extends MessageStream {
  /** What a method with one request was asked; set before the handler is called. */
  request: object | undefined;
  readonly #headers: IncomingHttpHeaders;
  #status: GrpcStatus = { code: status.OK, details: "" };

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, codec: MessageCodec) {
    super(stream, codec);
    this.#headers = headers;
    stream.respond({ ...HEADERS, ...protocolHeader() }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers(trailersOf(this.#status)));
    stream.on("end", () => this.finish());
    this.on("error", ({ code, details }) => this.fail({ code, details }));
  }

  /** The caller's headers. */
  get metadata(): Metadata {
    return Metadata.fromHttp2Headers(this.#headers);
  }

  /** Ends the call with an error. */
  fail(why: GrpcStatus): void {
    this.#status = why;
    this.end();
  }

  protected override closed(): void {
    this.finish();
  }
}

/** Refuses a call before anything was answered. */
export function refuseCall(stream: ServerHttp2Stream, why: GrpcStatus): void {
  stream.on("error", () => undefined);
  stream.respond({ ...HEADERS, ...protocolHeader(), ...trailersOf(why) }, { endStream: true });
}

function trailersOf({ code, details }: GrpcStatus): Record<string, string> {
  const message = details === "" ? {} : { "grpc-message": encodeURI(details) };
  return { "grpc-status": String(code), ...message };
}
