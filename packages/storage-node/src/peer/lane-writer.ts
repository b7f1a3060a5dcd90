/**
 * Puts messages on one direction of one peer stream: everything of an event-loop turn in as few batches as their size
 * allows, never faster than the connection takes them.
 *
 * Limit: {@link LANE_BYTES_MAX} waiting bytes. Policy when full: the lane is given up (`overflow`); its owner ends the
 * stream, and the replica machines send what is missing from the log when a new one opens.
 */
import type { FreshnessReply, FreshnessRequest, PeerBatch, PeerEnvelope } from "@millrace/rpc";

/** Bytes of one message on the wire, above which another is started; a single larger envelope travels alone. */
const BATCH_BYTES_MAX = 512 * 1024;
/** Covers the in-flight windows of many shards to one peer; a record is at most 10 MiB. */
export const LANE_BYTES_MAX: number = 64 * 1024 * 1024;

/** The writing half of a gRPC stream. */
export interface BatchSink {
  write(batch: PeerBatch): boolean;
  on(event: "drain", listener: () => void): unknown;
}

/** What can be queued on a lane. */
export type LaneItem =
  | { readonly envelope: PeerEnvelope }
  | { readonly freshnessRequest: FreshnessRequest }
  | { readonly freshnessReply: FreshnessReply };

interface Queued {
  readonly item: LaneItem;
  readonly sizeBytes: number;
}

/** See the file comment. */
export class LaneWriter {
  readonly #overflow: () => void;
  #sink: BatchSink | undefined;
  #queue: Queued[] = [];
  #queuedBytes = 0;
  #blocked = false;
  #scheduled = false;
  #closed = false;

  constructor(overflow: () => void) {
    this.#overflow = overflow;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** From now on what is queued flows into `sink`. */
  attach(sink: BatchSink): void {
    this.#sink = sink;
    sink.on("drain", () => {
      this.#blocked = false;
      this.#flush();
    });
    this.#schedule();
  }

  push(item: LaneItem, sizeBytes: number): void {
    if (this.#closed) return;
    if (this.#queuedBytes + sizeBytes > LANE_BYTES_MAX && this.#queue.length > 0) {
      this.close();
      this.#overflow();
      return;
    }
    this.#queue.push({ item, sizeBytes });
    this.#queuedBytes += sizeBytes;
    this.#schedule();
  }

  /** Forgets what waits; nothing is written any more. */
  close(): void {
    this.#closed = true;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#sink = undefined;
  }

  #schedule(): void {
    if (this.#scheduled || this.#blocked || this.#sink === undefined) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    let taken = 0;
    while (taken < this.#queue.length && !this.#blocked && this.#sink !== undefined) {
      const batch: PeerBatch & { envelopes: PeerEnvelope[] } = { envelopes: [] };
      let batchBytes = 0;
      for (; taken < this.#queue.length; taken += 1) {
        const next = this.#queue[taken];
        if (next === undefined || (batchBytes > 0 && batchBytes + next.sizeBytes > BATCH_BYTES_MAX)) break;
        if (!addTo(batch, next.item)) break;
        batchBytes += next.sizeBytes;
      }
      this.#queuedBytes -= batchBytes;
      this.#blocked = !this.#sink.write(batch);
    }
    if (!this.#closed) this.#queue.splice(0, taken);
  }
}

/** False when the batch holds such an item already. */
function addTo(batch: PeerBatch & { envelopes: PeerEnvelope[] }, item: LaneItem): boolean {
  if ("envelope" in item) {
    batch.envelopes.push(item.envelope);
    return true;
  }
  if ("freshnessRequest" in item) {
    if (batch.freshnessRequest) return false;
    batch.freshnessRequest = item.freshnessRequest;
    return true;
  }
  if (batch.freshnessReply) return false;
  batch.freshnessReply = item.freshnessReply;
  return true;
}
