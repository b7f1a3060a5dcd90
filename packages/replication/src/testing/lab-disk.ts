/** A journal for one replica in memory: writes wait in a queue until they are made durable, and a crash loses the queue. */
import { assert } from "@millrace/base";
import { frameEndOffset, frameKind, type Frame } from "@millrace/model";
import type { ReplicaStart, ReplicaWrite } from "../replica-contract.ts";
import type { ReplicaState } from "../replica-state.ts";

/** A log and the small state beside it. */
export interface DiskImage {
  readonly frames: readonly Frame[];
  readonly emptyAt: number;
  readonly state: ReplicaState;
}

/** See the file comment. */
export class LabDisk {
  /** What a crash leaves. */
  durable: DiskImage;
  /** What reads see: everything queued, durable or not. */
  written: DiskImage;
  /** Waiting writes, each with what the disk holds once it is durable. */
  queue: { readonly writeNumber: number; readonly after: DiskImage }[] = [];

  constructor(state: ReplicaState) {
    this.durable = { frames: [], emptyAt: 0, state };
    this.written = this.durable;
  }

  submit(writeNumber: number, write: ReplicaWrite): void {
    this.written = applied(this.written, write);
    this.queue.push({ writeNumber, after: this.written });
  }

  /** Makes the first `count` waiting writes durable; answers the last one's number, or undefined when none waited. */
  flush(count: number): number | undefined {
    const last = this.queue.splice(0, count).at(-1);
    if (last !== undefined) this.durable = last.after;
    return last?.writeNumber;
  }

  crash(): void {
    this.queue = [];
    this.written = this.durable;
  }

  /** Frames from `fromOffset` on, at most about `limitBytes`. */
  read(fromOffset: number, limitBytes: number): Frame[] {
    const frames: Frame[] = [];
    let sizeBytes = 0;
    for (const frame of this.written.frames) {
      if (frameEndOffset(frame.header) <= fromOffset) continue;
      if (frames.length > 0 && sizeBytes + frame.bytes.length > limitBytes) break;
      frames.push(frame);
      sizeBytes += frame.bytes.length;
    }
    return frames;
  }

  /** What a new process finds. */
  recovered(): Pick<ReplicaStart, "state" | "logEnd" | "lastFrameEpoch" | "lastArrivalMs" | "closed"> {
    const { state, frames } = this.durable;
    const last = frames[frames.length - 1]?.header;
    return {
      state,
      logEnd: logEndOf(this.durable),
      lastFrameEpoch: last?.epoch ?? 0,
      lastArrivalMs: last?.arrivalMs ?? 0,
      closed: last?.kind === frameKind.close,
    };
  }
}

/** The offset after the image's last record. */
export function logEndOf(image: DiskImage): number {
  const last = image.frames[image.frames.length - 1];
  return last === undefined ? image.emptyAt : frameEndOffset(last.header);
}

function applied(image: DiskImage, write: ReplicaWrite): DiskImage {
  switch (write.kind) {
    case "state":
      return { ...image, state: write.state };
    case "frames":
      return { ...image, frames: appended(image, write.frames) };
    case "framesAndState":
      return { ...image, frames: appended(image, write.frames), state: write.state };
    case "truncate": {
      if (write.resetTo >= 0) return { frames: [], emptyAt: write.resetTo, state: write.state };
      const frames = image.frames.filter((frame) => frameEndOffset(frame.header) <= write.logEnd);
      const cut = { frames, emptyAt: Math.min(image.emptyAt, write.logEnd), state: write.state };
      assert(logEndOf(cut) === write.logEnd, "a cut falls between two frames");
      return cut;
    }
    default:
      throw new Error("unknown write");
  }
}

function appended(image: DiskImage, frames: readonly Frame[]): readonly Frame[] {
  assert(frames[0]?.header.baseOffset === logEndOf(image), "the disk sees no gap");
  return [...image.frames, ...frames];
}
