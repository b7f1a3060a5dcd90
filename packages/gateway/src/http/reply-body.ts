/** How the body of an answer reaches a reader who may be slow: what it may hold meanwhile, and what shows that he reads. */
import type { ByteBudget } from "./byte-budget.ts";
import type { HttpReply } from "./http-message.ts";

/** Answers are handed over in pieces of this size, so that it shows whether the reader takes any. */
const PIECE_BYTES = 512 * 1024;
/** Only answers to reads are longer. One that finds no room is refused: asking again does no harm. */
const UNCOUNTED_BYTES_MAX = 64 * 1024;

/** Whether a reply's body may be held until its reader has it. The caller counts it, in any case. */
export function hasRoomFor(reply: HttpReply, budget: ByteBudget): boolean {
  const bytes = "body" in reply ? reply.body.length : 0;
  return bytes <= UNCOUNTED_BYTES_MAX || budget.usedBytes + bytes <= budget.limitBytes;
}

/** Where pieces go: a socket, or the response of a request. */
interface PieceTarget {
  write(piece: Buffer): boolean;
  once(event: "drain", next: () => void): unknown;
}

/**
 * Writes `body` piece by piece, each when the one before is gone; `last` gets the last one. `onPiece` is asked before each
 * and stops it all with false.
 */
export function writePieces(
  target: PieceTarget,
  body: Buffer,
  onPiece: () => boolean,
  last: (piece: Buffer) => void,
): void {
  let position = 0;
  const proceed = (): void => {
    while (onPiece()) {
      const piece = body.subarray(position, position + PIECE_BYTES);
      position += PIECE_BYTES;
      if (position >= body.length) return last(piece);
      if (!target.write(piece)) return void target.once("drain", proceed);
    }
  };
  proceed();
}
