/**
 * Brings the groups of one put to the leaders of their shards. It repeats an append only after a definite rejection;
 * where the outcome is unknown the client is told so, because a repeat of ours could store the records twice.
 */
import { assert, sleep, type Clock, type ServiceErrorCode } from "@millrace/base";
import { hashPartitionKey } from "@millrace/kinesis";
import { RECORD_FLAG_EXPLICIT_HASH_KEY, recordAt, recordUserBytes } from "@millrace/model";
import type { ClusterMap } from "../cluster/cluster-map.ts";
import type { StorageNodes } from "../cluster/storage-nodes.ts";
import type { ShardView, StreamView } from "../cluster/stream-view.ts";
import type { EncodedGroup } from "./group-records.ts";
import { ShardGroup } from "./shard-group.ts";

/** How long a put looks for a leader, or for the children of a closed shard. A failover takes up to 3 s. */
const SEARCH_MS = 5_000;
const RETRY_PAUSE_MS = 50;
const ATTEMPTS_MAX = 100;

/** What deliveries work with. */
export interface DeliveryParts {
  readonly map: ClusterMap;
  readonly nodes: StorageNodes;
  readonly clock: Clock;
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
  #waiting = 0;
  #searchEndMs = 0;

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
      this.#send(new ShardGroup(shard, encoded.indices, encoded, this.#identity, this.#done));
    }
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
      case "NOT_LEADER":
      case "UNREACHABLE":
      case "UNKNOWN_SHARD":
      case "NOT_READY":
        return this.#later(this.#findLeader(group));
      case "SHARD_CLOSED":
        return this.#later(this.#reroute(group));
      case "NO_QUORUM":
      case "UNKNOWN_OUTCOME":
        return this.#fail(group, "NO_QUORUM");
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

  #fail({ indices, shard }: Pick<ShardGroup, "indices" | "shard">, code: ServiceErrorCode): void {
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

  /** What is left of the time for searching, which starts with the first rejection. */
  #searchLeftMs(): number {
    const nowMs = this.#parts.clock.monotonicMs();
    if (this.#searchEndMs === 0) this.#searchEndMs = nowMs + SEARCH_MS;
    return this.#searchEndMs - nowMs;
  }

  async #findLeader(group: ShardGroup): Promise<void> {
    const { map, clock } = this.#parts;
    const leftMs = this.#searchLeftMs();
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

  /** Waits for the map to name another leader, and at most a pause: the same one may have opened meanwhile. */
  async #awaitOtherLeader(group: ShardGroup, leftMs: number): Promise<void> {
    const { map } = this.#parts;
    const before = map.shardOfUid(group.shardUid)?.shard.entry.epoch;
    const pauseMs = Math.min(leftMs, RETRY_PAUSE_MS * Math.min(4, group.attempts));
    await map.waitFor(pauseMs, () => map.shardOfUid(group.shardUid)?.shard.entry.epoch !== before);
  }

  /** The shard is closed: waits until the stream routes its keys elsewhere, then places every record anew. */
  async #reroute(group: ShardGroup): Promise<void> {
    const { map } = this.#parts;
    const stream = this.#stream;
    const streamUid = stream.entry.streamUid;
    const moved = await map.waitFor(
      Math.max(0, this.#searchLeftMs()),
      () =>
        map.streamOfUid(streamUid) === undefined ||
        !stream.routing.shards.some(({ shardUid }) => shardUid === group.shardUid),
    );
    const { routing } = stream;
    if (!moved || map.streamOfUid(streamUid) === undefined || routing.shards.length === 0) {
      return this.#fail(group, "SHARD_CLOSED");
    }
    const split = splitGroup(group, (words) => routing.table.indexOf(words));
    this.#waiting += split.length - 1;
    for (const part of split) {
      const shard = routing.shards[part.position];
      // A hole in the shards of the map: nothing was sent for these records.
      if (shard === undefined) this.#fail({ indices: part.indices, shard: group.shard }, "SHARD_CLOSED");
      else this.#send(new ShardGroup(shard, part.indices, part, this.#identity, this.#done));
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
