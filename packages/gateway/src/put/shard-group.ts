/** The records of one put that go to one shard: encoded once, sent as one append. */
import { crc32 } from "@millrace/base";
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
  readonly requestId: string;
  readonly #onDone: (group: ShardGroup) => void;
  appendId: Buffer = NO_APPEND_ID;
  status: AppendStatus = "UNREACHABLE";
  baseOffset = 0;
  acceptedCount = 0;
  arrivalMs = 0;
  leaderHint = "";
  deadlineMs = 0;
  /** The node it was last sent to, and how often it was sent. */
  sentTo = "";
  attempts = 0;
  /** True once a sending of it may have stored the records without an answer. */
  uncertain = false;

  constructor(
    shard: ShardView,
    indices: readonly number[],
    encoded: { readonly records: Buffer; readonly userBytes: number },
    requestId: string,
    onDone: (group: ShardGroup) => void,
  ) {
    this.shard = shard;
    this.shardUid = shard.shardUid;
    this.indices = indices;
    this.recordCount = indices.length;
    this.userBytes = encoded.userBytes;
    this.records = encoded.records;
    this.recordsCrc = crc32(encoded.records);
    this.requestId = requestId;
    this.#onDone = onDone;
  }

  done(): void {
    this.#onDone(this);
  }
}
