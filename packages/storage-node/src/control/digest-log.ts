/** Reads a stretch of a replica's log, every frame of it, and says in one digest what bytes are there. */
import { ServiceError, sha256Hex } from "@millrace/base";
import type { LogStore } from "@millrace/log-store";
import { frameEndOffset } from "@millrace/model";
import type { DigestLogReply, DigestLogRequest__Output } from "@millrace/rpc";
import type { ReplicaHost } from "../replica/replica-host.ts";

/** Of one reading and of one answer: small enough that readers and appends do not wait for it. */
const READ_BYTES = 1024 * 1024;
const ANSWER_BYTES = 16 * 1024 * 1024;

/** What the reading works with. */
export interface DigestParts {
  readonly host: ReplicaHost;
  readonly logStore: LogStore;
}

/**
 * Digest of the frames from `fromOffset` to `toOffset` (both frame boundaries), or with `toOffset` 0 as far as one answer
 * reaches, at most to the commit offset. What is wrong is in `why`, never thrown.
 */
export async function digestLog(
  { host, logStore }: DigestParts,
  asked: DigestLogRequest__Output,
): Promise<DigestLogReply> {
  const { shardUid, replicaUuid, toOffset } = asked;
  const held = host.get(shardUid);
  if (held === undefined) return { ok: false, why: "NO_SUCH_REPLICA" };
  const { replica } = held;
  if (replica.replicaUuid !== replicaUuid) return { ok: false, why: "WRONG_REPLICA" };
  const damagedOffsets = asked.checkDisk ? [...(await logStore.verify(shardUid))] : [];
  const { logStart, logEnd, commitOffset } = replica;
  const bounds = { logStart, logEnd, commitOffset, damagedOffsets };
  const fromOffset = Math.max(asked.fromOffset, toOffset === 0 ? logStart : 0);
  if (fromOffset < logStart) return { ok: false, why: "TRIMMED", ...bounds };
  const endOffset = toOffset === 0 ? commitOffset : toOffset;
  if (endOffset > logEnd) return { ok: false, why: "SHORT", ...bounds };
  const digests: string[] = [];
  let nextOffset = fromOffset;
  let frameCount = 0;
  let byteCount = 0;
  try {
    const bytesMax = toOffset === 0 ? ANSWER_BYTES : Infinity;
    while (nextOffset < endOffset && byteCount < bytesMax) {
      const { frames } = await logStore.read(shardUid, nextOffset, READ_BYTES);
      const wanted = frames.filter(({ header }) => frameEndOffset(header) <= endOffset);
      const last = wanted.at(-1);
      if (last === undefined) break;
      // One digest a frame, so that answers compare however the readings were cut.
      for (const { bytes } of wanted) {
        digests.push(sha256Hex(bytes));
        byteCount += bytes.length;
      }
      frameCount += wanted.length;
      nextOffset = frameEndOffset(last.header);
    }
  } catch (thrown) {
    const error = ServiceError.from(thrown);
    return { ok: false, why: error.code, ...bounds, nextOffset };
  }
  const sha256 = sha256Hex(digests.join(""));
  return { ok: true, why: "", ...bounds, nextOffset, frameCount, byteCount, sha256 };
}
