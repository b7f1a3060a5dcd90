/** Ends HTTP/2 sessions that open or reset streams faster than any honest client. */
import { constants, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Clock } from "@millrace/base";
import type { HttpLimits } from "./http-limits.ts";

const WINDOW_MS = 1000;

/** Watches `session` until it ends. `onAbuse` is told when the session is cut off. */
export function guardSession(clock: Clock, limits: HttpLimits, session: ServerHttp2Session, onAbuse: () => void): void {
  let windowStartMs = clock.monotonicMs();
  let opened = 0;
  let reset = 0;
  const count = (): void => {
    const nowMs = clock.monotonicMs();
    if (nowMs - windowStartMs >= WINDOW_MS) {
      windowStartMs = nowMs;
      opened = 0;
      reset = 0;
    }
    if (opened > limits.sessionStreamsPerSecondMax || reset > limits.sessionResetsPerSecondMax) {
      if (session.destroyed) return;
      onAbuse();
      session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      session.destroy();
    }
  };
  session.on("stream", (stream: ServerHttp2Stream) => {
    opened += 1;
    count();
    stream.once("aborted", () => {
      reset += 1;
      count();
    });
  });
}
