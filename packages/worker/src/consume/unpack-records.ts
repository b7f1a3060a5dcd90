/** Kinesis records of one shard as user records: opened, strays left out, nothing that is done already. */
import { HashRangeTable, expandRecord } from "@millrace/kinesis";
import { ServiceError } from "@millrace/base";
import type { ConsumeHappening } from "../handler/consume-event.ts";
import type { ConsumedRecord } from "../handler/handler.ts";
import { comparePositions, positionOf, type RecordPosition } from "../lease/checkpoint.ts";
import type { Lease } from "../lease/lease.ts";
import type { FetchedRecord } from "./record-source.ts";

/** User records, and the position up to which everything before, between and after them is dealt with once they are done. */
export interface UnpackedRecord {
  readonly records: readonly ConsumedRecord[];
  /** The Kinesis record's own last position. */
  readonly position: RecordPosition;
}

/** See the file comment. One per lease. */
export class RecordUnpacker {
  readonly #done: RecordPosition | undefined;
  readonly #owned: HashRangeTable | undefined;
  readonly #happened: (happening: ConsumeHappening) => void;
  /** False once a record beyond the checkpoint was seen: no more comparing. */
  #resuming: boolean;

  constructor(lease: Lease, happened: (happening: ConsumeHappening) => void) {
    this.#done = positionOf(lease.checkpoint);
    this.#resuming = this.#done !== undefined;
    const { hashRange } = lease;
    this.#owned = hashRange === undefined ? undefined : rangeTable(hashRange);
    this.#happened = happened;
  }

  /** The user records in `fetched` that are not done yet. */
  unpack(fetched: FetchedRecord): UnpackedRecord {
    const { SequenceNumber: sequenceNumber, PartitionKey: partitionKey = "", Data: data = new Uint8Array() } = fetched;
    if (sequenceNumber === undefined) throw new ServiceError("INTERNAL", "a record without a sequence number was read");
    const expanded = expandRecord({ partitionKey, data }, this.#owned);
    if (expanded.kind === "malformed") this.#happened({ kind: "malformed", sequenceNumber });
    if (expanded.kind === "stray") this.#happened({ kind: "stray", sequenceNumber, dropped: expanded.dropped });
    const arrivalMs = fetched.ApproximateArrivalTimestamp?.getTime() ?? 0;
    const all: ConsumedRecord[] = [];
    for (const record of expanded.records) {
      all.push({
        data: record.data,
        partitionKey: record.partitionKey,
        explicitHashKey: record.explicitHashKey,
        sequenceNumber,
        subSequenceNumber: all.length,
        arrivalMs,
      });
    }
    const position = { sequenceNumber, subSequenceNumber: Math.max(all.length - 1, 0) };
    return { records: this.#withoutDone(all, position), position };
  }

  #withoutDone(records: ConsumedRecord[], position: RecordPosition): ConsumedRecord[] {
    const done = this.#done;
    if (!this.#resuming || done === undefined) return records;
    const left = records.filter((record) => comparePositions(record, done) > 0);
    if (position.sequenceNumber !== done.sequenceNumber && comparePositions(position, done) > 0) this.#resuming = false;
    return left;
  }
}

function rangeTable({ start, end }: NonNullable<Lease["hashRange"]>): HashRangeTable {
  return new HashRangeTable([{ startingHashKey: start, endingHashKey: end }]);
}
