/** What the whole lab has ever committed, and the promises of the protocol about it: a violation throws at once. */
import { frameEndOffset, type Frame } from "@millrace/model";
import { logEndOf, type DiskImage } from "./lab-disk.ts";

/** See the file comment. */
export class CommittedHistory {
  /** Per offset of a frame's first record: the frame and the epoch whose leader committed it. */
  readonly #frames = new Map<number, { readonly frame: Frame; readonly committedIn: number }>();
  end = 0;

  /** A leader of `epoch` says that everything below `commitOffset` of its log is committed. */
  leaderCommits(who: string, epoch: number, image: DiskImage, commitOffset: number): void {
    for (const frame of image.frames) {
      if (frameEndOffset(frame.header) > commitOffset) break;
      this.#compare(who, frame);
      const { baseOffset } = frame.header;
      if (!this.#frames.has(baseOffset)) this.#frames.set(baseOffset, { frame, committedIn: epoch });
    }
    this.end = Math.max(this.end, commitOffset);
  }

  /** A follower believes so. */
  followerLearns(who: string, image: DiskImage, commitOffset: number): void {
    if (commitOffset > this.end) throw new Error(`${who} believes ${commitOffset} committed, the truth is ${this.end}`);
    for (const frame of image.frames) if (frameEndOffset(frame.header) <= commitOffset) this.#compare(who, frame);
  }

  /** A leader of `epoch` opens: it must hold whatever earlier epochs have committed. */
  leaderOpens(who: string, epoch: number, image: DiskImage): void {
    let needed = 0;
    for (const { frame, committedIn } of this.#frames.values()) {
      if (committedIn < epoch) needed = Math.max(needed, frameEndOffset(frame.header));
    }
    if (logEndOf(image) < needed) {
      throw new Error(`${who} opens epoch ${epoch} with log end ${logEndOf(image)}, ${needed} are committed`);
    }
    for (const frame of image.frames) if (frameEndOffset(frame.header) <= needed) this.#compare(who, frame);
  }

  #compare(who: string, frame: Frame): void {
    const known = this.#frames.get(frame.header.baseOffset)?.frame;
    if (known === undefined || known.bytes.equals(frame.bytes)) return;
    throw new Error(
      `${who} has a frame of epoch ${frame.header.epoch} at ${frame.header.baseOffset}, committed is one of ${known.header.epoch}`,
    );
  }
}
