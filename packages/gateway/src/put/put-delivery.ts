/**
 * Brings the groups of one put to the leaders of their shards. A definite rejection is repeated, and so is an append whose
 * outcome is unknown: it carries an id by which the leader recognises it, and the original position is the answer. Records
 * of closed shards are placed anew when all groups have ended, see `place-anew.ts`.
 */
import { assert, sleep, type Clock, type ServiceErrorCode } from "@millrace/base";
import type { ClusterMap } from "../cluster/cluster-map.ts";
import type { StorageNodes } from "../cluster/storage-nodes.ts";
import type { ShardView, StreamView } from "../cluster/stream-view.ts";
import type { AppendIds } from "./append-ids.ts";
import { hasClosedLately } from "./closed-generations.ts";
import type { EncodedGroup } from "./group-records.ts";
import { packRecords, unpackRecords, type LooseRecord, type PackedRecords } from "./loose-record.ts";
import { placeAnew, type Displaced } from "./place-anew.ts";
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
  /** An earlier try of it may have stored records. */
  readonly mayRepeat: boolean;
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
  /** Groups that have not ended. */
  #flying = 0;
  /** Called instead of ending the put when the last of them has. */
  #onLanded: (() => void) | undefined;
  #displaced: Displaced | undefined;
  #hasFailed = false;

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
    if (this.#identity.mayRepeat && hasClosedLately(this.#stream, this.#parts.clock.monotonicMs())) {
      const records = groups.flatMap((group) => unpackRecords(group));
      return this.#later(this.#placeAnew({ records, closedUids: new Set() }));
    }
    this.#flying = groups.length;
    for (const encoded of groups) {
      const shard = shards[encoded.position];
      assert(shard !== undefined, "records are placed on shards of the routing");
      this.#send(this.#group(shard, encoded));
    }
  }

  #group(shard: ShardView, packed: PackedRecords): ShardGroup {
    const { requestId, invocationId } = this.#identity;
    const group = new ShardGroup(shard, packed.indices, packed, requestId, this.#done);
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
        return this.#displace(group);
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
    if (group.acceptedCount < group.indices.length) this.#hasFailed = true;
    this.#landed();
  }

  #displace(group: ShardGroup): void {
    this.#displaced ??= { records: [], closedUids: new Set() };
    this.#displaced.closedUids.add(group.shardUid);
    this.#displaced.records.push(...unpackRecords(group));
    this.#landed();
  }

  #fail(group: ShardGroup, refusal: ServiceErrorCode): void {
    // An earlier sending may have stored the records: no refusal of a later one is the whole truth.
    const code = group.uncertain ? "NO_QUORUM" : refusal;
    for (const index of group.indices) this.#failRecord(index, group.shard, code);
    this.#landed();
  }

  #failRecord(index: number, shard: ShardView | undefined, code: ServiceErrorCode): void {
    this.#outcome.shards[index] = shard;
    this.#outcome.failures[index] = code;
    this.#hasFailed = true;
  }

  #landed(): void {
    this.#flying -= 1;
    if (this.#flying > 0) return;
    if (this.#onLanded !== undefined) this.#onLanded();
    else if (this.#displaced !== undefined) this.#later(this.#placeAnew(this.#displaced));
    else this.#resolve(this.#outcome);
  }

  async #placeAnew(displaced: Displaced): Promise<void> {
    this.#displaced = displaced;
    const { map, clock } = this.#parts;
    const left = await placeAnew(
      {
        map,
        streamUid: this.#stream.entry.streamUid,
        leftMs: () => this.#leftMs(),
        monotonicMs: () => clock.monotonicMs(),
        hasFailed: () => this.#hasFailed,
        send: (placed) => this.#sendAll(placed),
      },
      displaced,
    );
    for (const { index } of left) this.#failRecord(index, undefined, "SHARD_CLOSED");
    this.#resolve(this.#outcome);
  }

  #sendAll(placed: ReadonlyMap<ShardView, readonly LooseRecord[]>): Promise<void> {
    return new Promise((resolve) => {
      this.#onLanded = resolve;
      this.#flying = placed.size;
      for (const [shard, records] of placed) this.#send(this.#group(shard, packRecords(records)));
    });
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
}
