/** One replica this node holds, with what the host remembers beside the machine. */
import type { ReplicaContract, ReplicaMember } from "@millrace/replication";
import { RecentAppends } from "../append/recent-appends.ts";

/** Owned and changed by the replica host alone. What every replica of a node is asked several times a second lies here, and not behind the machine. */
export class HeldReplica {
  readonly replica: ReplicaContract;
  readonly shardUid: number;
  /** The machine's role since its last step. */
  role: ReplicaContract["role"];
  /** Ids of recent appends in the log, so that a repeat is answered and not stored again. */
  readonly recent: RecentAppends = new RecentAppends();
  /** Members of the set last recovered or adopted, this node included. */
  set: readonly ReplicaMember[];
  configEpoch: number;
  /** Monotonic time of the last input that was not a tick: idle replicas are ticked rarely. */
  activeMs = 0;
  /** The committed close has been reported by this leader. */
  closeReported = false;
  /** Arrival time of the last frame written here: of the close record once closed. */
  lastArrivalMs: number;
  /** Dropped by tombstone or stopped by a defect: late completions find no one. */
  dropped = false;

  constructor(replica: ReplicaContract, set: readonly ReplicaMember[], configEpoch: number, lastArrivalMs: number) {
    this.replica = replica;
    this.shardUid = replica.shardUid;
    this.role = replica.role;
    this.set = set;
    this.configEpoch = configEpoch;
    this.lastArrivalMs = lastArrivalMs;
  }

  /** By a protocol violation or a defect: it answers nobody until an operator resumes it. */
  get stopped(): boolean {
    return this.dropped || this.role === "halted";
  }

  /** Leads and serves. */
  get serving(): boolean {
    return this.role === "leading" && !this.dropped;
  }

  /** Answers of other members that make a majority of the set together with this one. */
  get peersForQuorum(): number {
    return Math.floor(this.set.length / 2);
  }
}
