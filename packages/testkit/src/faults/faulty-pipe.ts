/** One direction of a proxied connection, passed on as the rule of the moment says. */
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** How bytes travel from one process to another. */
export type LinkRule =
  | { readonly kind: "open" }
  /** Connections are reset and refused. */
  | { readonly kind: "cut" }
  /** Nothing arrives and nothing says so; what was sent arrives when the rule changes, as TCP would send it again. */
  | { readonly kind: "blackhole" }
  | { readonly kind: "delayed"; readonly delayMs: number }
  | { readonly kind: "slow"; readonly bytesPerSecond: number };

/** Bytes held back for one direction of one connection; beyond it the sender is made to wait. */
const HELD_MAX_BYTES = 1024 * 1024;
const BLACKHOLE_POLL_MS = 20;

/** Moves bytes from `source` to `target` until either closes. `rule` is asked anew for every piece. */
export async function faultyPipe(source: Socket, target: Socket, rule: () => LinkRule): Promise<void> {
  const held: { readonly piece: Buffer; readonly atMs: number }[] = [];
  let heldBytes = 0;
  let ended = false;
  let wake: (() => void) | undefined;
  source.on("data", (piece: Buffer) => {
    held.push({ piece, atMs: performance.now() });
    heldBytes += piece.length;
    if (heldBytes >= HELD_MAX_BYTES) source.pause();
    wake?.();
  });
  source.on("end", () => {
    ended = true;
    wake?.();
  });
  source.on("close", () => {
    ended = true;
    wake?.();
  });
  target.on("close", () => wake?.());
  while (!target.destroyed) {
    const next = held[0];
    if (next === undefined) {
      if (ended) break;
      await new Promise<void>((resolve) => (wake = resolve));
      continue;
    }
    const now = rule();
    if (now.kind === "blackhole") {
      await delay(BLACKHOLE_POLL_MS);
      continue;
    }
    if (now.kind === "delayed") {
      const waitMs = next.atMs + now.delayMs - performance.now();
      if (waitMs >= 1) {
        await delay(waitMs);
        continue;
      }
    }
    held.shift();
    heldBytes -= next.piece.length;
    if (heldBytes < HELD_MAX_BYTES && source.isPaused()) source.resume();
    if (target.destroyed) break;
    if (!target.write(next.piece)) await drained(target);
    if (now.kind === "slow") await delay((next.piece.length / now.bytesPerSecond) * 1000);
  }
  if (source.destroyed && source.errored !== null) target.destroy();
  else target.end();
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off("drain", done);
      socket.off("close", done);
      resolve();
    };
    socket.once("drain", done);
    socket.once("close", done);
  });
}
