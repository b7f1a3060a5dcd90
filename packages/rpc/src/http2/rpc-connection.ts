/**
 * One HTTP/2 connection to a server of the cluster, opened by the first call and again by the first call after it broke.
 * A call over a connection that cannot be made fails with UNAVAILABLE.
 */
import { connect, type ClientHttp2Session } from "node:http2";
import { protocolHeader } from "../protocol-version.ts";
import { ClientCall } from "./client-call.ts";
import { callerCodec, type Method } from "./message-codec.ts";
import { careFor, SESSION_MEMORY_MIB, sessionSettings } from "./session-care.ts";

const CONNECT_TIMEOUT_MS = 2000;

/** What a call may be given. */
export interface CallSettings {
  /** Headers of its own, lower-case. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Bounds the whole call. */
  readonly timeoutMs?: number | undefined;
}

/** See the file comment. */
export class RpcConnection {
  readonly #address: string;
  #session: ClientHttp2Session | undefined;
  #closed = false;

  /** `address` is host:port. */
  constructor(address: string) {
    this.#address = address;
  }

  call(method: Method, { metadata = {}, timeoutMs }: CallSettings = {}): ClientCall {
    const stream = this.#live().request(
      {
        ":method": "POST",
        ":path": method.path,
        "content-type": "application/grpc+proto",
        te: "trailers",
        ...protocolHeader(),
        ...metadata,
      },
      { endStream: false },
    );
    return new ClientCall(stream, callerCodec(method), timeoutMs);
  }

  /** Resolves true when connected, false when `timeoutMs` pass or the connection fails. */
  ready(timeoutMs: number): Promise<boolean> {
    const session = this.#live();
    if (!session.connecting) return Promise.resolve(!session.destroyed);
    return new Promise((resolve) => {
      const settle = (ready: boolean): void => {
        clearTimeout(timer);
        resolve(ready);
      };
      const timer = setTimeout(() => settle(false), timeoutMs);
      session.once("connect", () => settle(true));
      session.once("close", () => settle(false));
    });
  }

  /** Breaks the connection and every call on it. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#session?.destroy();
  }

  #live(): ClientHttp2Session {
    const known = this.#session;
    if (known !== undefined && (this.#closed || !(known.destroyed || known.closed))) return known;
    const session = connect(`http://${this.#address}`, {
      settings: sessionSettings,
      maxSessionMemory: SESSION_MEMORY_MIB,
    });
    this.#session = session;
    const timer = setTimeout(() => session.destroy(), CONNECT_TIMEOUT_MS);
    session.on("connect", (_session, socket) => {
      clearTimeout(timer);
      if ("setNoDelay" in socket) socket.setNoDelay(true);
      careFor(session);
    });
    session.on("error", () => undefined);
    session.on("close", () => clearTimeout(timer));
    return session;
  }
}
