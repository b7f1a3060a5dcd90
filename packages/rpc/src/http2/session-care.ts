/** What both ends do for every HTTP/2 session of the cluster: windows, liveness, limits. */
import type { Http2Session, Settings } from "node:http2";

const WINDOW_BYTES = 1024 * 1024;
const PING_EVERY_MS = 2000;
const PING_TIMEOUT_MS = 2000;

/** Streams of one gateway or node at a time: a subscription is one of them. More are refused. */
const STREAMS_MAX = 65_536;

/**
 * The 1 MiB flow-control window doubled throughput over the default when measured (docs/benchmarks.md); larger windows
 * did not help.
 */
export const sessionSettings: Settings = {
  initialWindowSize: WINDOW_BYTES,
  maxConcurrentStreams: STREAMS_MAX,
  enablePush: false,
};

/** Node refuses streams above its own estimate of a session's memory; flow control bounds ours already. */
export const SESSION_MEMORY_MIB = 1_000_000;

/** Opens the session's window and ends a session whose other end answers no ping. Call when it is connected. */
export function careFor(session: Http2Session): void {
  // It may have been closed while it connected.
  if (session.destroyed) return;
  session.setLocalWindowSize(WINDOW_BYTES);
  let deadline: NodeJS.Timeout | undefined;
  const pings = setInterval(() => {
    if (session.destroyed || deadline !== undefined) return;
    deadline = setTimeout(() => session.destroy(), PING_TIMEOUT_MS);
    const sent = session.ping((error) => {
      if (error) return;
      clearTimeout(deadline);
      deadline = undefined;
    });
    if (!sent) session.destroy();
  }, PING_EVERY_MS);
  session.on("close", () => {
    clearInterval(pings);
    clearTimeout(deadline);
  });
}
