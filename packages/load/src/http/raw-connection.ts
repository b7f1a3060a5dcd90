/** One keep-alive connection with one request in flight. */
import { connect, type Socket } from "node:net";
import { ResponseParser } from "./response-parser.ts";

/** A complete answer. `body` is valid until the next request on its connection: its memory is used again. */
export interface RawAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** What one read of the socket takes. */
const READ_BYTES = 256 * 1024;

/** See the file comment. A connection that fails rejects its request and is of no further use. */
export class RawConnection {
  readonly #socket: Socket;
  readonly #parser: ResponseParser;
  #body: Buffer = Buffer.allocUnsafe(READ_BYTES);
  #bodyBytes = 0;
  #waiting: { resolve: (answer: RawAnswer) => void; reject: (error: Error) => void } | undefined;

  private constructor(port: number) {
    this.#parser = new ResponseParser({
      onBody: (piece) => this.#keep(piece),
      onEnd: (status) => {
        const body = this.#body.subarray(0, this.#bodyBytes);
        this.#bodyBytes = 0;
        const { resolve } = this.#waiting ?? {};
        this.#waiting = undefined;
        resolve?.({ status, body });
      },
    });
    // One buffer for all reads: a generator that allocates for every piece takes processor time from what it measures.
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    const onread = {
      buffer,
      callback: (count: number): boolean => {
        this.#parser.push(buffer.subarray(0, count));
        return true;
      },
    };
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true, onread });
    this.#socket.on("error", (error) => this.#waiting?.reject(error));
    this.#socket.on("close", () => this.#waiting?.reject(new Error("the connection was closed")));
  }

  /** Connects to 127.0.0.1:`port`. */
  static open(port: number): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const connection = new RawConnection(port);
      connection.#socket.once("error", reject);
      connection.#socket.once("connect", () => {
        connection.#socket.off("error", reject);
        resolve(connection);
      });
    });
  }

  #keep(piece: Buffer): void {
    const endBytes = this.#bodyBytes + piece.length;
    if (endBytes > this.#body.length) {
      const larger = Buffer.allocUnsafe(Math.max(endBytes, this.#body.length * 2));
      this.#body.copy(larger, 0, 0, this.#bodyBytes);
      this.#body = larger;
    }
    piece.copy(this.#body, this.#bodyBytes);
    this.#bodyBytes = endBytes;
  }

  /** Sends an encoded request; the answer before this one must have arrived. */
  send(request: Buffer): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }
}

/** `count` connections to one port. */
export function openConnections(port: number, count: number): Promise<RawConnection[]> {
  return Promise.all(Array.from({ length: count }, () => RawConnection.open(port)));
}
