/**
 * Looks at every replica after each of its steps: a shard is written in one epoch at a time, by one leader; no leader opens
 * without what was committed before it; nothing follows the close of a shard, and its children begin after it.
 */
import type { ReplicaContract } from "@millrace/replication";
import type { HeldReplica } from "../../../packages/storage-node/src/replica/held-replica.ts";
import { ReplicaHost } from "../../../packages/storage-node/src/replica/replica-host.ts";

interface WatchedShard {
  /** Epoch → who led it. */
  readonly leaders: Map<number, HeldReplica>;
  newestEpoch: number;
  /** The furthest that any leader has committed. */
  committed: number;
  /** Where the committed close record ends; undefined while there is none. */
  closedAt: number | undefined;
}

/** What became of one copy, as it was seen last. */
interface Copy {
  readonly shardUid: number;
  readonly logEnd: number;
  readonly durableEnd: number;
  readonly hasAdopted: boolean;
  readonly isSuspect: boolean;
}

/** See the file comment. `parentsOf` answers the uids of a shard's parents. */
export class ReplicaWatch {
  readonly #parentsOf: (shardUid: number) => readonly number[];
  readonly #onViolation: (error: Error) => void;
  readonly #shards = new Map<number, WatchedShard>();
  readonly #copies = new Map<string, Copy>();
  readonly #promises = new WeakMap<HeldReplica, number>();

  constructor(parentsOf: (shardUid: number) => readonly number[], onViolation: (error: Error) => void) {
    this.#parentsOf = parentsOf;
    this.#onViolation = onViolation;
  }

  /** Looks at all replicas of this thread from now on, until the answer is called. */
  begin(): () => void {
    const real = Object.getOwnPropertyDescriptor(ReplicaHost.prototype, "feed");
    const { feed } = ReplicaHost.prototype;
    const look = (held: HeldReplica): void => this.#look(held);
    ReplicaHost.prototype.feed = function watched(held, input) {
      feed.call(this, held, input);
      look(held);
    };
    return () => void (real === undefined || Object.defineProperty(ReplicaHost.prototype, "feed", real));
  }

  /** The metadata say where a shard has ended: its children are open from now on. */
  endStored(shardUid: number, endOffset: number): void {
    const { closedAt } = this.#shard(shardUid);
    if (closedAt !== undefined && endOffset === closedAt - 1) return;
    const found = closedAt === undefined ? "no close of it is committed" : `its close ends at ${closedAt}`;
    this.#onViolation(new Error(`shard ${shardUid} is stored as closed at ${endOffset}: ${found}`));
  }

  /** Whether a copy's answer counts when a leader is chosen. */
  counts(replicaUuid: string): boolean {
    const copy = this.#copies.get(replicaUuid);
    return copy !== undefined && copy.hasAdopted && !copy.isSuspect;
  }

  /** Whether a copy holds everything that is committed, and counts. One on a machine that is down may have fallen behind. */
  isWhole(replicaUuid: string): boolean {
    const copy = this.#copies.get(replicaUuid);
    return copy !== undefined && this.counts(replicaUuid) && copy.durableEnd >= this.#shard(copy.shardUid).committed;
  }

  /** Whether these copies hold the same offsets, synced. */
  areLevel(replicaUuids: readonly string[]): boolean {
    const copies = replicaUuids.map((uuid) => this.#copies.get(uuid));
    const end = copies[0]?.logEnd;
    return copies.every((copy) => copy?.logEnd === end && copy?.durableEnd === end);
  }

  #look(held: HeldReplica): void {
    const { replica } = held;
    const { shardUid, logEnd, durableEnd, suspect: isSuspect } = replica;
    this.#copies.set(replica.replicaUuid, {
      shardUid,
      logEnd,
      durableEnd,
      hasAdopted: replica.logEpoch > 0,
      isSuspect,
    });
    const promised = this.#promises.get(held) ?? 0;
    if (replica.promisedEpoch < promised) this.#violate(replica, `it promised ${promised} before`);
    this.#promises.set(held, replica.promisedEpoch);
    if (held.serving) this.#lookAtLeader(held);
  }

  #lookAtLeader(held: HeldReplica): void {
    const { replica } = held;
    const shard = this.#shard(replica.shardUid);
    const { logEpoch, logEnd, commitOffset } = replica;
    const other = shard.leaders.get(logEpoch);
    if (other === undefined) {
      shard.leaders.set(logEpoch, held);
      if (logEpoch > shard.newestEpoch) {
        shard.newestEpoch = logEpoch;
        if (logEnd < shard.committed) this.#violate(replica, `it opens without what lies below ${shard.committed}`);
      }
    } else if (other !== held) this.#violate(replica, "another has led this epoch");
    if (commitOffset > shard.committed) {
      if (logEpoch < shard.newestEpoch)
        this.#violate(replica, `it commits after epoch ${shard.newestEpoch} has opened`);
      if (shard.closedAt !== undefined) this.#violate(replica, `it commits after the close at ${shard.closedAt}`);
      shard.committed = commitOffset;
      const begins = this.#parentsOf(replica.shardUid).filter((uid) => this.#shard(uid).closedAt === undefined);
      if (begins.length > 0) this.#violate(replica, `it begins before its parent ${begins.join()} has ended`);
    }
    if (replica.closed && commitOffset >= logEnd) shard.closedAt ??= commitOffset;
  }

  #shard(shardUid: number): WatchedShard {
    let shard = this.#shards.get(shardUid);
    if (shard === undefined) {
      shard = { leaders: new Map(), newestEpoch: 0, committed: 0, closedAt: undefined };
      this.#shards.set(shardUid, shard);
    }
    return shard;
  }

  #violate({ shardUid, replicaUuid, logEpoch, logEnd, commitOffset }: ReplicaContract, what: string): void {
    const who = `shard ${shardUid}, replica ${replicaUuid} of epoch ${logEpoch}, committed ${commitOffset} of ${logEnd}`;
    this.#onViolation(new Error(`${who}: ${what}`));
  }
}
