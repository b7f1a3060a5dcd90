/**
 * One request on its way through the port: collects the body under the limits, calls the handler, writes the reply.
 * Bytes held are counted in the process-wide budget until the reply is gone or the client is.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Clock, Random, TransitMap } from "@millrace/base";
import type { ByteBudget } from "./byte-budget.ts";
import type { HttpLimits } from "./http-limits.ts";
import type { HttpReply, HttpRequest, ReplySink, RequestHandler, WholeReply } from "./http-message.ts";
import { hasRoomFor, writePieces } from "./reply-body.ts";
import { replyHeaders, type ReplyDate } from "./reply-head.ts";

type IncomingRequest = IncomingMessage | Http2ServerRequest;
type OutgoingReply = ServerResponse | Http2ServerResponse;

/** A request under way. */
export interface ActiveExchange {
  /** Cuts it off when it has waited longer than its phase allows. Called about once a second. */
  expire(nowMs: number): void;
}

/** What all exchanges of a port share. */
export interface ExchangeContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: HttpLimits;
  readonly budget: ByteBudget;
  readonly handler: RequestHandler;
  /** Requests under way, but those of plain connections. */
  readonly active: TransitMap<ActiveExchange, true>;
  /** 64 base64 characters, the same for the life of the process; the rest of x-amz-id-2 names the request. */
  readonly hostId: string;
  readonly date: ReplyDate;
  /** Headers that tell an HTTP/1.1 client how long its connection is kept: names and values. */
  readonly keepAlive: readonly string[];
  /** True once the port is closing: replies then ask HTTP/1.1 clients to go elsewhere. */
  closing: boolean;
  /** Told of every defect: a handler that threw. */
  readonly onDefect: (error: unknown, requestId: string) => void;
  /** Told of every request refused for want of memory. */
  readonly onOverload: () => void;
}

const TOO_LARGE: WholeReply = { status: 413, headers: [], body: Buffer.alloc(0) };
const JSON_TYPE = ["Content-Type", "application/x-amz-json-1.1"];
/** Refused for want of memory. */
export const OVERLOADED: WholeReply = {
  status: 503,
  headers: JSON_TYPE,
  body: Buffer.from('{"__type":"ServiceUnavailable","message":"The gateway is out of memory for requests; retry."}'),
};
/** The handler threw. */
export const DEFECT: WholeReply = {
  status: 500,
  headers: JSON_TYPE,
  body: Buffer.from('{"__type":"InternalFailure"}'),
};
const EMPTY = Buffer.alloc(0);

/** Longer bodies cost more to turn into text than a second piece costs. */
export const TEXT_BYTES_MAX: number = 2048;

/** See the file comment. Made when the headers have arrived; unregisters itself from `context.active` at its end. */
export class Exchange implements ActiveExchange, ReplySink {
  readonly #context: ExchangeContext;
  readonly #incoming: IncomingRequest;
  readonly #outgoing: OutgoingReply;
  readonly #requestId: string;
  readonly #receivedMs: number;
  #chunks: Buffer[] = [];
  #bodyBytes = 0;
  #heldBytes = 0;
  #phase: "body" | "handling" | "replying" | "closed" = "body";
  #deadlineMs: number;
  #onDrain: (() => void) | undefined;
  #onClose: (() => void) | undefined;

  constructor(context: ExchangeContext, incoming: IncomingRequest, outgoing: OutgoingReply) {
    this.#context = context;
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.#requestId = context.random.uuid();
    this.#receivedMs = context.clock.monotonicMs();
    this.#deadlineMs = this.#receivedMs + context.limits.requestMs;
    context.active.set(this, true);
    incoming.on("data", (chunk: Buffer) => this.#take(chunk));
    incoming.on("end", () => this.#dispatch());
    incoming.on("error", ignoreError);
    outgoing.on("error", ignoreError);
    outgoing.on("close", () => this.#close());
  }

  /** Cuts the exchange off when it has waited longer than its phase allows. Called about once a second. */
  expire(nowMs: number): void {
    if (nowMs >= this.#deadlineMs) this.destroy();
  }

  /** Ends the exchange at once, whatever it is doing. */
  destroy(): void {
    if ("stream" in this.#incoming) this.#incoming.stream.destroy();
    else this.#incoming.socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#bodyBytes += chunk.length;
    if (this.#phase !== "body") {
      // The rest of a body already refused: read and dropped so that the client sees the reply, but not for ever.
      if (this.#bodyBytes > 3 * this.#context.limits.bodyBytesMax) this.destroy();
      return;
    }
    if (this.#bodyBytes > this.#context.limits.bodyBytesMax) return this.#refuse(TOO_LARGE);
    if (!this.#context.budget.tryTake(chunk.length)) {
      this.#context.onOverload();
      return this.#refuse(OVERLOADED);
    }
    this.#heldBytes += chunk.length;
    this.#chunks.push(chunk);
  }

  #refuse(reply: WholeReply): void {
    this.#chunks = [];
    this.#releaseHeld();
    this.#reply(reply);
  }

  #dispatch(): void {
    if (this.#phase !== "body") return;
    this.#phase = "handling";
    this.#deadlineMs = Infinity;
    const chunks = this.#chunks;
    this.#chunks = [];
    const first = chunks[0];
    const request: HttpRequest = {
      requestId: this.#requestId,
      method: this.#incoming.method ?? "",
      target: this.#incoming.url ?? "/",
      rawHeaders:
        "stream" in this.#incoming ? withoutPseudoHeaders(this.#incoming.rawHeaders) : this.#incoming.rawHeaders,
      body: first === undefined ? EMPTY : chunks.length === 1 ? first : Buffer.concat(chunks),
      receivedMs: this.#receivedMs,
    };
    this.#context.handler(request).then(
      (reply) => this.#reply(reply),
      (error: unknown) => this.#fail(error),
    );
  }

  #fail(error: unknown): void {
    this.#context.onDefect(error, this.#requestId);
    if (this.#phase === "handling") this.#reply(DEFECT);
    else this.destroy();
  }

  #reply(wanted: HttpReply): void {
    if (this.#phase === "closed") return;
    const { budget, onOverload } = this.#context;
    const fits = hasRoomFor(wanted, budget);
    if (!fits) onOverload();
    const reply = fits ? wanted : OVERLOADED;
    this.#phase = "replying";
    this.#extendDeadline();
    const whole = "body" in reply;
    const headers = this.#head(reply, whole && reply.status !== 413 ? reply.body.length : undefined);
    // The overloads of the two protocols differ in their types only.
    (this.#outgoing as ServerResponse).writeHead(reply.status, headers);
    if (whole) {
      const bytes = reply.body.length;
      this.#heldBytes += bytes;
      budget.take(bytes);
      this.#endWith(reply.body);
      return;
    }
    this.#releaseHeld();
    this.#endWithReader();
    this.#outgoing.on("drain", () => {
      this.#deadlineMs = Infinity;
      this.#onDrain?.();
    });
    this.#deadlineMs = Infinity;
    try {
      reply.start(this);
    } catch (error) {
      // Reported through onDefect; the client sees its stream cut off.
      this.#fail(error);
    }
  }

  /** A short body as text of the same bytes: Node joins it with the head, and one piece costs the socket less than two. */
  #endWith(body: Buffer): void {
    const outgoing = this.#outgoing as ServerResponse;
    if (body.length === 0) outgoing.end();
    else if (body.length <= TEXT_BYTES_MAX) outgoing.end(body.toString("latin1"), "latin1");
    else writePieces(outgoing, body, this.#goesOn, (piece) => outgoing.end(piece));
  }

  /** Whoever takes a piece gets time for the next. */
  readonly #goesOn = (): boolean => {
    this.#extendDeadline();
    return this.#phase === "replying";
  };

  #extendDeadline(): void {
    this.#deadlineMs = this.#context.clock.monotonicMs() + this.#context.limits.replyMs;
  }

  /** A client that is gone looks like one that has half-closed: a stream without end is no longer read by either. */
  #endWithReader(): void {
    if ("stream" in this.#incoming) return;
    const { socket } = this.#incoming;
    if (socket.readableEnded) this.destroy();
    else socket.once("end", this.#onReaderEnd);
  }

  readonly #onReaderEnd = (): void => this.destroy();

  #head(reply: HttpReply, contentLength: number | undefined): string[] {
    const { hostId, closing } = this.#context;
    const headers = replyHeaders({ requestId: this.#requestId, hostId }, reply.headers, contentLength);
    if (closing && !("stream" in this.#incoming)) headers.push("Connection", "close");
    return headers;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#phase !== "replying") return true;
    const flowing = (this.#outgoing as ServerResponse).write(bytes);
    if (!flowing && this.#deadlineMs === Infinity) this.#extendDeadline();
    return flowing;
  }

  end(): void {
    if (this.#phase !== "replying") return;
    this.#extendDeadline();
    this.#outgoing.end();
  }

  onDrain(callback: () => void): void {
    this.#onDrain = callback;
  }

  onClose(callback: () => void): void {
    this.#onClose = callback;
    if (this.#phase === "closed") callback();
  }

  #close(): void {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#chunks = [];
    this.#releaseHeld();
    this.#context.active.delete(this);
    if (!("stream" in this.#incoming)) this.#incoming.socket.off("end", this.#onReaderEnd);
    this.#onClose?.();
  }

  #releaseHeld(): void {
    this.#context.budget.release(this.#heldBytes);
    this.#heldBytes = 0;
  }
}

function withoutPseudoHeaders(rawHeaders: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const value = rawHeaders[index + 1] ?? "";
    if (name === ":authority") kept.push("host", value);
    else if (!name.startsWith(":")) kept.push(name, value);
  }
  return kept;
}

/** Failures of a connection end in `close`, which is where an exchange cleans up. */
function ignoreError(): void {}
