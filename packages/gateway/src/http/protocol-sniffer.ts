/** Decides by the first bytes of a connection what is spoken on it, and hands the bytes back unread. */
import type { Socket } from "node:net";
import type { Clock } from "@millrace/base";

/** What the first bytes announce. */
export type SniffedProtocol = "tls" | "http2" | "http1";

/** The start of the HTTP/2 connection preface (RFC 9113 §3.4); no HTTP/1 method is called PRI. */
const PREFACE = Buffer.from("PRI * HTTP/2");
/** First byte of a TLS handshake record (RFC 8446 §5.1). */
const TLS_HANDSHAKE = 0x16;

/** What `bytes`, the first of a connection, announce; undefined when more are needed to tell. */
export function protocolOf(bytes: Buffer): SniffedProtocol | undefined {
  if (bytes.length === 0) return undefined;
  if (bytes[0] === TLS_HANDSHAKE) return "tls";
  const compared = Math.min(bytes.length, PREFACE.length);
  if (bytes.compare(PREFACE, 0, compared, 0, compared) !== 0) return "http1";
  return compared === PREFACE.length ? "http2" : undefined;
}

/** Waits at most `timeoutMs` for the first bytes, puts them back and calls `route`; otherwise destroys the socket. */
export function sniffProtocol(
  clock: Clock,
  socket: Socket,
  timeoutMs: number,
  route: (protocol: SniffedProtocol) => void,
): void {
  const timer = clock.schedule(timeoutMs, () => socket.destroy());
  let seen = Buffer.alloc(0);
  const finish = (): void => {
    timer.cancel();
    socket.off("readable", look);
    socket.off("close", finish);
    socket.off("end", giveUp);
    socket.off("error", ignoreError);
  };
  const giveUp = (): void => {
    finish();
    socket.destroy();
  };
  function look(): void {
    const bytes = socket.read() as Buffer | null;
    if (bytes === null) return;
    // Kept aside until the answer is known: bytes put back would announce themselves again at once, for ever.
    seen = Buffer.concat([seen, bytes]);
    const protocol = protocolOf(seen);
    if (protocol === undefined) return;
    finish();
    socket.unshift(seen);
    route(protocol);
  }
  socket.on("error", ignoreError);
  socket.on("close", finish);
  socket.on("end", giveUp);
  socket.on("readable", look);
}

/** A connection that fails before it has said anything concerns nobody; `close` follows. */
function ignoreError(): void {}
