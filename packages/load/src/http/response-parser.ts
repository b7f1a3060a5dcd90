/** Just enough HTTP/1.1 to read answers: status, Content-Length or chunked bodies, nothing else. */

const HEAD_END = Buffer.from("\r\n\r\n");
const LINE_END = Buffer.from("\r\n");

/** What the parser tells while bytes arrive. */
export interface ResponseEvents {
  /** A piece of the body. The bytes belong to the socket's buffer: copy to keep. */
  onBody(piece: Buffer): void;
  onEnd(status: number): void;
}

/** Parses one answer after the other from the pieces given to {@link push}. */
export class ResponseParser {
  readonly #events: ResponseEvents;
  #held: Buffer = Buffer.alloc(0);
  #status = 0;
  #state: "head" | "body" | "chunk-size" | "chunk" | "chunk-end" | "trailers" = "head";
  #leftBytes = 0;

  constructor(events: ResponseEvents) {
    this.#events = events;
  }

  push(piece: Buffer): void {
    let rest = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    this.#held = Buffer.alloc(0);
    while (rest.length > 0) {
      const used = this.#step(rest);
      if (used === 0) {
        this.#held = Buffer.from(rest);
        return;
      }
      rest = rest.subarray(used);
    }
  }

  /** Consumes from the front of `bytes`; 0 means that more must arrive first. */
  #step(bytes: Buffer): number {
    switch (this.#state) {
      case "head":
        return this.#head(bytes);
      case "body":
      case "chunk":
        return this.#content(bytes);
      case "chunk-size":
        return this.#line(bytes, (line) => {
          this.#leftBytes = Number.parseInt(line, 16);
          this.#state = this.#leftBytes === 0 ? "trailers" : "chunk";
        });
      case "chunk-end":
        return this.#line(bytes, () => {
          this.#state = "chunk-size";
        });
      default:
        return this.#line(bytes, (line) => {
          if (line === "") this.#finish();
        });
    }
  }

  #head(bytes: Buffer): number {
    const end = bytes.indexOf(HEAD_END);
    if (end === -1) return 0;
    const head = bytes.toString("latin1", 0, end);
    this.#status = Number(head.slice(9, 12));
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    this.#leftBytes = Number(length ?? 0);
    if (length === undefined && /\r\ntransfer-encoding: *chunked/i.test(head)) this.#state = "chunk-size";
    else if (this.#leftBytes > 0) this.#state = "body";
    else this.#finish();
    return end + HEAD_END.length;
  }

  #content(bytes: Buffer): number {
    const piece = bytes.subarray(0, this.#leftBytes);
    this.#leftBytes -= piece.length;
    this.#events.onBody(piece);
    if (this.#leftBytes === 0) {
      if (this.#state === "body") this.#finish();
      else this.#state = "chunk-end";
    }
    return piece.length;
  }

  #line(bytes: Buffer, take: (line: string) => void): number {
    const end = bytes.indexOf(LINE_END);
    if (end === -1) return 0;
    take(bytes.toString("latin1", 0, end));
    return end + LINE_END.length;
  }

  #finish(): void {
    this.#state = "head";
    this.#events.onEnd(this.#status);
  }
}
