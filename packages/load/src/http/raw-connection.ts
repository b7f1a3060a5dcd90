/** One keep-alive connection with one request in flight. */
import { connect, type Socket } from "node:net";
import { ResponseParser } from "./response-parser.ts";

/** A complete answer. */
export interface RawAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** See the file comment. A connection that fails rejects its request and is of no further use. */
export class RawConnection {
  readonly #socket: Socket;
  readonly #parser: ResponseParser;
  #body: Buffer[] = [];
  #waiting: { resolve: (answer: RawAnswer) => void; reject: (error: Error) => void } | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#parser = new ResponseParser({
      onBody: (piece) => this.#body.push(piece),
      onEnd: (status) => {
        const [only] = this.#body;
        const body = this.#body.length === 1 && only !== undefined ? only : Buffer.concat(this.#body);
        this.#body = [];
        const { resolve } = this.#waiting ?? {};
        this.#waiting = undefined;
        resolve?.({ status, body });
      },
    });
    socket.setNoDelay(true);
    socket.on("data", (piece: Buffer) => this.#parser.push(piece));
    socket.on("error", (error) => this.#waiting?.reject(error));
    socket.on("close", () => this.#waiting?.reject(new Error("the connection was closed")));
  }

  /** Connects to 127.0.0.1:`port`. */
  static open(port: number): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new RawConnection(socket));
      });
    });
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
