/**
 * An HTTP/1.1 connection that carries ordinary API requests, one after the other: most of what a put costs a gateway is Node's
 * general server, with its streams and events for each request. Whatever is not ordinary (see `plain-head.ts`) makes the
 * connection Node's for the rest of its life, unread bytes and all; that is possible between two requests only.
 *
 * Limits: one request at a time, what follows it stays in the socket; bodies and replies count in the port's byte budget.
 */
import type { Socket } from "node:net";
import { DEFECT, OVERLOADED, TEXT_BYTES_MAX, type ExchangeContext } from "./exchange.ts";
import type { HttpReply, WholeReply } from "./http-message.ts";
import { parsePlainHead, type PlainHead } from "./plain-head.ts";
import { hasRoomFor, writePieces } from "./reply-body.ts";
import { http1Head, replyHeaders } from "./reply-head.ts";

const NOTHING: Buffer = Buffer.alloc(0);
const HEAD_END = "\r\n\r\n";

/** See the file comment. Lives as long as its socket, or until that is Node's. */
export class PlainConnection {
  readonly #context: ExchangeContext;
  readonly #socket: Socket;
  readonly #handOver: () => void;
  readonly #onGone: () => void;
  #phase: "idle" | "body" | "handling" | "replying" | "refused" | "gone" = "idle";
  #deadlineMs: number;
  /** Received and not yet looked at. */
  #unread = NOTHING;
  #head: PlainHead | undefined;
  #chunks: Buffer[] = [];
  #missingBytes = 0;
  #heldBytes = 0;
  #requestId = "";
  #receivedMs = 0;
  /** The client will send nothing more. */
  #ended = false;

  /** `handOver` makes `socket` Node's; `onGone` is called once, when this connection is over or handed over. */
  constructor(context: ExchangeContext, socket: Socket, handOver: () => void, onGone: () => void) {
    this.#context = context;
    this.#socket = socket;
    this.#handOver = handOver;
    this.#onGone = onGone;
    this.#deadlineMs = context.clock.monotonicMs() + context.limits.headersMs;
    socket.on("data", this.#onData);
    socket.on("end", this.#onEnd);
    socket.on("close", this.#onClose);
    socket.on("error", ignoreError);
    socket.resume();
  }

  /** Cuts the connection off when it has waited longer than its phase allows. Called about once a second. */
  expire(nowMs: number): void {
    if (nowMs >= this.#deadlineMs) this.#socket.destroy();
  }

  /** A request is under way. */
  get busy(): boolean {
    return this.#phase === "body" || this.#phase === "handling" || this.#phase === "replying";
  }

  /** Ends the connection if no request is under way. */
  closeIfIdle(): void {
    if (this.#phase === "idle") this.#socket.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#phase === "refused") return;
    if (this.#phase === "body") return this.#takeBody(chunk);
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    if (this.#phase === "idle") this.#readHead();
    else this.#socket.pause();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    if (this.#phase === "handling" || this.#phase === "replying") return;
    this.#socket.destroy();
  };

  readonly #onClose = (): void => {
    if (this.#phase === "gone") return;
    this.#leave();
    this.#release();
  };

  #readHead(): void {
    const { limits, clock, random } = this.#context;
    const bytes = this.#unread;
    const end = bytes.indexOf(HEAD_END, 0, "latin1") + HEAD_END.length;
    const fits = end >= HEAD_END.length && end <= limits.headerBytesMax;
    const head = fits ? parsePlainHead(bytes, end) : undefined;
    if (head === undefined || head.contentLength > limits.bodyBytesMax) return this.#becomeNodes();
    this.#phase = "body";
    this.#head = head;
    this.#requestId = random.uuid();
    this.#receivedMs = clock.monotonicMs();
    this.#deadlineMs = this.#receivedMs + limits.requestMs;
    this.#missingBytes = head.contentLength;
    this.#unread = NOTHING;
    this.#takeBody(end === bytes.length ? NOTHING : bytes.subarray(end));
  }

  #becomeNodes(): void {
    const socket = this.#socket;
    const unread = this.#unread;
    this.#leave();
    socket.off("data", this.#onData);
    socket.off("end", this.#onEnd);
    socket.off("close", this.#onClose);
    socket.off("error", ignoreError);
    socket.pause();
    socket.unshift(unread);
    this.#handOver();
    socket.resume();
  }

  #takeBody(chunk: Buffer): void {
    const count = Math.min(chunk.length, this.#missingBytes);
    if (count > 0) {
      if (!this.#context.budget.tryTake(count)) return this.#refuse();
      this.#heldBytes += count;
      this.#missingBytes -= count;
      this.#chunks.push(count === chunk.length ? chunk : chunk.subarray(0, count));
    }
    if (this.#missingBytes > 0) return;
    if (count < chunk.length) {
      this.#unread = chunk.subarray(count);
      this.#socket.pause();
    }
    this.#dispatch();
  }

  #dispatch(): void {
    this.#phase = "handling";
    this.#deadlineMs = Infinity;
    const [first = NOTHING] = this.#chunks;
    const body = this.#chunks.length <= 1 ? first : Buffer.concat(this.#chunks);
    this.#chunks = [];
    const request = {
      requestId: this.#requestId,
      method: "POST",
      target: "/",
      rawHeaders: this.#head?.rawHeaders ?? [],
      body,
      receivedMs: this.#receivedMs,
    };
    this.#context.handler(request).then(this.#onReply, this.#onDefect);
  }

  readonly #onReply = (reply: HttpReply): void => {
    if ("body" in reply) return this.#reply(reply, this.#context.closing || this.#ended);
    this.#onDefect(new TypeError("an operation of a plain request streamed its answer"));
  };

  readonly #onDefect = (error: unknown): void => {
    this.#context.onDefect(error, this.#requestId);
    this.#reply(DEFECT, true);
  };

  /** The rest of the body is read and dropped, so that the client sees the reply, until its deadline. */
  #refuse(): void {
    this.#context.onOverload();
    this.#chunks = [];
    this.#release();
    this.#write(OVERLOADED, true);
    this.#phase = "refused";
    this.#socket.end();
  }

  #reply(wanted: WholeReply, last: boolean): void {
    if (this.#phase !== "handling") return;
    this.#phase = "replying";
    const { budget, onOverload } = this.#context;
    const fits = hasRoomFor(wanted, budget);
    if (!fits) onOverload();
    const reply = fits ? wanted : OVERLOADED;
    this.#goesOn();
    this.#heldBytes += reply.body.length;
    budget.take(reply.body.length);
    this.#write(reply, last, () => this.#replied(last));
  }

  #write({ status, headers, body }: WholeReply, last: boolean, written?: () => void): void {
    const { hostId, date, keepAlive } = this.#context;
    const all = replyHeaders({ requestId: this.#requestId, hostId }, headers, body.length);
    all.push("Date", date.text);
    const head = http1Head(status, last ? [...all, "Connection", "close"] : [...all, ...keepAlive]);
    const socket = this.#socket;
    // A short body as text of the same bytes: one piece costs the socket less than two.
    if (body.length <= TEXT_BYTES_MAX) {
      socket.write(head + body.toString("latin1"), "latin1", written);
      return;
    }
    socket.cork();
    socket.write(head, "latin1");
    writePieces(socket, body, this.#goesOn, (piece) => socket.write(piece, written));
    socket.uncork();
  }

  /** Whoever takes a piece gets time for the next. */
  readonly #goesOn = (): boolean => {
    const { clock, limits } = this.#context;
    this.#deadlineMs = clock.monotonicMs() + limits.replyMs;
    return this.#phase === "replying";
  };

  /** The socket has taken the reply, or never will. */
  #replied(last: boolean): void {
    if (this.#phase !== "replying") return;
    this.#release();
    this.#phase = "idle";
    const { clock, limits } = this.#context;
    this.#deadlineMs = clock.monotonicMs() + limits.keepAliveMs;
    if (last || this.#ended) {
      // What else arrives was sent before the client knew: it gets no answer, so it must not be carried out either.
      this.#phase = "refused";
      this.#socket.end();
      return;
    }
    if (this.#unread.length > 0) this.#readHead();
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  #leave(): void {
    this.#phase = "gone";
    this.#onGone();
  }

  #release(): void {
    this.#context.budget.release(this.#heldBytes);
    this.#heldBytes = 0;
  }
}

/** Failures of a connection end in `close`, which is where it cleans up. */
function ignoreError(): void {}
