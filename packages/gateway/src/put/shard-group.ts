/** The records of one put that go to one shard: encoded once, sent as one append. */
import { crc32, md5 } from "@millrace/base";
import type { AppendStatus, PendingAppend } from "../cluster/append-channel.ts";
import type { ShardView } from "../cluster/stream-view.ts";

const NO_APPEND_ID = Buffer.alloc(0);

/** See the file comment. `indices` are the positions of its records in the request, rising. */
export class ShardGroup implements PendingAppend {
  readonly shard: ShardView;
  readonly shardUid: number;
  readonly indices: readonly number[];
  readonly recordCount: number;
  readonly userBytes: number;
  readonly records: Buffer;
  readonly recordsCrc: number;
  readonly appendId: Buffer;
  readonly requestId: string;
  readonly #onDone: (group: ShardGroup) => void;
  status: AppendStatus = "UNREACHABLE";
  baseOffset = 0;
  acceptedCount = 0;
  arrivalMs = 0;
  leaderHint = "";
  deadlineMs = 0;
  /** The node it was last sent to, and how often it was sent. */
  sentTo = "";
  attempts = 0;

  constructor(
    shard: ShardView,
    indices: readonly number[],
    encoded: { readonly records: Buffer; readonly userBytes: number },
    request: { readonly requestId: string; readonly invocationId: string | undefined },
    onDone: (group: ShardGroup) => void,
  ) {
    this.shard = shard;
    this.shardUid = shard.shardUid;
    this.indices = indices;
    this.recordCount = indices.length;
    this.userBytes = encoded.userBytes;
    this.records = encoded.records;
    this.recordsCrc = crc32(encoded.records);
    this.requestId = request.requestId;
    this.appendId = appendIdOf(request.invocationId, indices[0] ?? 0, indices.length, this.recordsCrc);
    this.#onDone = onDone;
  }

  done(): void {
    this.#onDone(this);
  }
}

/**
 * What a repeat of the same append by the same SDK call is recognised by: SDKs keep their invocation id over retries.
 * Count and checksum are part of it, so that a client which sends one id for ever still stores different records.
 */
export function appendIdOf(invocationId: string | undefined, first: number, count: number, crc: number): Buffer {
  return invocationId === undefined ? NO_APPEND_ID : md5(`${invocationId}/${first}/${count}/${crc}`);
}
