/**
 * Brings the groups of one put to the leaders of their shards. A definite rejection is repeated, and so is an append whose
 * outcome is unknown: it carries an id by which the leader recognises it, and the original position is the answer. What
 * the leader cannot look up (the shard is closed meanwhile) stays unknown, and the client is told so.
 */
import { assert, sleep, type Clock, type ServiceErrorCode } from "@millrace/base";
import { hashPartitionKey } from "@millrace/kinesis";
import { RECORD_FLAG_EXPLICIT_HASH_KEY, recordAt, recordUserBytes } from "@millrace/model";
import type { ClusterMap } from "../cluster/cluster-map.ts";
import type { StorageNodes } from "../cluster/storage-nodes.ts";
import type { ShardRouting, ShardView, StreamView } from "../cluster/stream-view.ts";
import type { EncodedGroup } from "./group-records.ts";
import type { AppendIds } from "./append-ids.ts";
import { ShardGroup } from "./shard-group.ts";

/**
 * A put that has no outcome by then fails. Above a failover (up to 3 s) that begins a second time, and what a node waits
 * for a quorum; below the read timeouts of SDKs.
 */
const PUT_TIMEOUT_MS = 10_000;
const RETRY_PAUSE_MS = 50;
const ATTEMPTS_MAX = 250;

/** What deliveries work with. */
export interface DeliveryParts {
  readonly map: ClusterMap;
  readonly nodes: StorageNodes;
  readonly clock: Clock;
  readonly appendIds: AppendIds;
}

/** Whose put it is. */
export interface PutIdentity {
  readonly requestId: string;
  readonly invocationId: string | undefined;
}

/** What became of each record, by its position in the request. */
export interface PutOutcome {
  readonly shards: (ShardView | undefined)[];
  readonly offsets: Float64Array;
  readonly arrivals: Float64Array;
  /** Undefined for a record that is stored. */
  readonly failures: (ServiceErrorCode | undefined)[];
}

/** Sends `groups` and resolves when every record has its outcome. Never rejects but for defects. */
export function deliver(
  parts: DeliveryParts,
  stream: StreamView,
  groups: readonly EncodedGroup[],
  identity: PutIdentity,
  recordCount: number,
): Promise<PutOutcome> {
  return new Promise((resolve, reject) => {
    new Delivery(parts, stream, identity, recordCount, resolve, reject).start(groups);
  });
}

class Delivery {
  readonly #parts: DeliveryParts;
  readonly #stream: StreamView;
  readonly #identity: PutIdentity;
  readonly #outcome: PutOutcome;
  readonly #resolve: (outcome: PutOutcome) => void;
  readonly #reject: (error: unknown) => void;
  readonly #endMs: number;
  #waiting = 0;

  constructor(
    parts: DeliveryParts,
    stream: StreamView,
    identity: PutIdentity,
    recordCount: number,
    resolve: (outcome: PutOutcome) => void,
    reject: (error: unknown) => void,
  ) {
    this.#parts = parts;
    this.#stream = stream;
    this.#identity = identity;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#endMs = parts.clock.monotonicMs() + PUT_TIMEOUT_MS;
    this.#outcome = {
      shards: Array.from({ length: recordCount }),
      offsets: new Float64Array(recordCount),
      arrivals: new Float64Array(recordCount),
      failures: Array.from({ length: recordCount }),
    };
  }

  start(groups: readonly EncodedGroup[]): void {
    const { shards } = this.#stream.routing;
    this.#waiting = groups.length;
    for (const encoded of groups) {
      const shard = shards[encoded.position];
      assert(shard !== undefined, "records are placed on shards of the routing");
      this.#send(this.#group(shard, encoded.indices, encoded));
    }
  }

  #group(shard: ShardView, indices: readonly number[], encoded: EncodedGroup): ShardGroup {
    const { requestId, invocationId } = this.#identity;
    const group = new ShardGroup(shard, indices, encoded, requestId, this.#done);
    group.deadlineMs = this.#endMs;
    group.appendId = this.#parts.appendIds.idOf(invocationId, group);
    return group;
  }

  #send(group: ShardGroup): void {
    const newest = this.#parts.map.shardOfUid(group.shardUid);
    const leader = newest?.shard.leader ?? "";
    const node = leader === "" ? undefined : this.#parts.nodes.get(leader);
    group.sentTo = leader;
    group.attempts += 1;
    if (node !== undefined) return node.appends.append(group);
    group.status = newest === undefined ? "SHARD_CLOSED" : "UNREACHABLE";
    group.leaderHint = "";
    setImmediate(() => group.done());
  }

  #done = (group: ShardGroup): void => {
    switch (group.status) {
      case "STATUS_OK":
        return this.#store(group);
      case "NO_QUORUM":
      case "UNKNOWN_OUTCOME":
        group.uncertain = true;
        return this.#later(this.#findLeader(group));
      case "NOT_LEADER":
      case "UNREACHABLE":
      case "UNKNOWN_SHARD":
      case "NOT_READY":
        return this.#later(this.#findLeader(group));
      case "SHARD_CLOSED":
        if (group.uncertain) return this.#fail(group, "NO_QUORUM");
        return this.#later(this.#reroute(group));
      default:
        return this.#fail(group, group.status);
    }
  };

  #later(work: Promise<void>): void {
    work.catch(this.#reject);
  }

  #store(group: ShardGroup): void {
    const { shards, offsets, arrivals, failures } = this.#outcome;
    group.indices.forEach((index, position) => {
      shards[index] = group.shard;
      if (position < group.acceptedCount) {
        offsets[index] = group.baseOffset + position;
        arrivals[index] = group.arrivalMs;
      } else {
        failures[index] = "THROTTLED";
      }
    });
    this.#settle();
  }

  #fail(group: Pick<ShardGroup, "indices" | "shard" | "uncertain">, refusal: ServiceErrorCode): void {
    const { indices, shard } = group;
    // An earlier sending may have stored the records: no refusal of a later one is the whole truth.
    const code = group.uncertain ? "NO_QUORUM" : refusal;
    const { shards, failures } = this.#outcome;
    for (const index of indices) {
      shards[index] = shard;
      failures[index] = code;
    }
    this.#settle();
  }

  #settle(): void {
    this.#waiting -= 1;
    if (this.#waiting === 0) this.#resolve(this.#outcome);
  }

  #leftMs(): number {
    return Math.max(0, this.#endMs - this.#parts.clock.monotonicMs());
  }

  async #findLeader(group: ShardGroup): Promise<void> {
    const { map, clock } = this.#parts;
    const leftMs = this.#leftMs();
    if (leftMs <= 0 || group.attempts >= ATTEMPTS_MAX) return this.#fail(group, "NOT_LEADER");
    const known = map.shardOfUid(group.shardUid);
    const hint = group.leaderHint;
    if (known !== undefined && hint !== "" && hint !== group.sentTo && map.nodes.has(hint)) {
      known.shard.leader = hint;
      // Two nodes that name each other would otherwise be asked without a pause.
      if (group.attempts > 2) await sleep(clock, RETRY_PAUSE_MS);
    } else {
      await this.#awaitOtherLeader(group, leftMs);
    }
    this.#send(group);
  }

  /** Waits for another leader than the one asked, and at most a pause: the same one may have opened meanwhile. */
  async #awaitOtherLeader(group: ShardGroup, leftMs: number): Promise<void> {
    const { map } = this.#parts;
    const pauseMs = Math.min(leftMs, RETRY_PAUSE_MS * Math.min(4, group.attempts));
    const before = map.shardOfUid(group.shardUid)?.shard.entry.epoch;
    await map.waitFor(pauseMs, () => {
      const shard = map.shardOfUid(group.shardUid)?.shard;
      if (shard === undefined || shard.entry.epoch !== before) return true;
      return shard.leader !== "" && shard.leader !== group.sentTo;
    });
  }

  /** The shard is closed: waits until the stream routes its keys elsewhere, then places every record anew. */
  async #reroute(group: ShardGroup): Promise<void> {
    const { map } = this.#parts;
    const { streamUid } = this.#stream.entry;
    // A snapshot of the map replaces the stream this put began with.
    const routingNow = (): ShardRouting | undefined => map.streamOfUid(streamUid)?.routing;
    const moved = await map.waitFor(
      this.#leftMs(),
      () => routingNow()?.shards.some(({ shardUid }) => shardUid === group.shardUid) !== true,
    );
    const routing = routingNow();
    if (!moved || routing === undefined || routing.shards.length === 0) {
      return this.#fail(group, "SHARD_CLOSED");
    }
    const split = splitGroup(group, (words) => routing.table.indexOf(words));
    this.#waiting += split.length - 1;
    for (const part of split) {
      const shard = routing.shards[part.position];
      // A hole in the shards of the map: nothing was sent for these records.
      if (shard === undefined)
        this.#fail({ indices: part.indices, shard: group.shard, uncertain: false }, "SHARD_CLOSED");
      else this.#send(this.#group(shard, part.indices, part));
    }
  }
}

interface SplitPart extends EncodedGroup {
  readonly indices: number[];
}

/** Places the encoded records of `group` anew. Their bytes stay as they are. */
export function splitGroup(
  group: { readonly records: Buffer; readonly indices: readonly number[] },
  place: (words: Uint32Array) => number,
): readonly EncodedGroup[] {
  const pieces = new Map<number, { indices: number[]; spans: Buffer[]; userBytes: number }>();
  const words = new Uint32Array(4);
  let position = 0;
  for (const index of group.indices) {
    const span = recordAt(group.records, position);
    assert(span !== undefined, "a group holds the records it was encoded from");
    if (span.flags & RECORD_FLAG_EXPLICIT_HASH_KEY) {
      for (let word = 0; word < 4; word += 1) words[word] = group.records.readUInt32BE(span.keyEnd + word * 4);
    } else {
      hashPartitionKey(group.records, span.keyStart, span.keyEnd, words);
    }
    const at = place(words);
    const piece = pieces.get(at) ?? { indices: [], spans: [], userBytes: 0 };
    pieces.set(at, piece);
    piece.indices.push(index);
    piece.spans.push(group.records.subarray(span.start, span.end));
    piece.userBytes += recordUserBytes(span);
    position = span.end;
  }
  const parts: SplitPart[] = [];
  for (const [at, piece] of pieces) {
    const records = Buffer.concat(piece.spans);
    parts.push({ position: at, indices: piece.indices, records, userBytes: piece.userBytes });
  }
  return parts;
}
