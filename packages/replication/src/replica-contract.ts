/**
 * The contract between the pure replica machine and its host (the storage node, the simulator, the model tests).
 *
 * `Replica.step(input, outputs)` consumes one input and appends to `outputs` what the host must do, in that order.
 * The machine holds no promise, socket, clock or file. The host's duties:
 *
 * 1. Queue every `write` to the node's journal in the order given; never reorder writes of a shard. When the journal
 *    has made a write durable, feed `{type: "durable", writeNumber}` (cumulative, in order).
 * 2. A crash loses everything not fed back as durable or more; restart makes a new `Replica` from the recovered
 *    {@link ReplicaState} and log bounds. Leadership is never restored.
 * 3. `send` outputs may be lost, delayed, duplicated or reordered between lanes; order within one lane to one peer is
 *    kept while the connection lives. When a connection (re)opens feed `{type: "peerConnected"}`.
 * 4. `readLog` asks for frames to feed a lagging peer; answer with `{type: "logRead"}` when they are read
 *    (undefined frames: the log could not be read; the machine marks itself suspect or asks again on a tick).
 * 5. Appends are made by the host: it asks `nextAppend()` for offset, epoch and arrival floor, encodes one frame, and
 *    feeds it at once (no await between) as `{type: "append"}`; it keeps its own list of waiting clients per frame and
 *    completes those whose frame end ≤ commitOffset at each `committed` output, in offset order.
 *    On `steppedDown` it fails the waiting ones as NO_QUORUM (outcome unknown) or NOT_LEADER (never appended).
 * 6. Replies to the coordinator are matched by `requestId`.
 * 7. `tick` is fed every 100 ms or so with monotonic time.
 */
import type { Frame } from "@millrace/model";
import type { PeerMessage } from "./peer-message.ts";
import type { EpochStart, ReplicaMember, ReplicaState } from "./replica-state.ts";

/** What the coordinator reported a replica to be when it chose it; Recover is refused unless all of it still holds. */
export interface ReportedLog {
  readonly replicaUuid: string;
  readonly boot: number;
  readonly logEpoch: number;
  readonly logEnd: number;
}

/** One input of {@link ReplicaContract.step}. */
export type ReplicaInput =
  | { readonly type: "seal"; readonly requestId: number; readonly epoch: number; readonly replicaUuid: string }
  | {
      readonly type: "recover";
      readonly requestId: number;
      readonly epoch: number;
      readonly reported: ReportedLog;
      /** The set to bring up: the one in force, or it with one member replaced (`setChanges`). */
      readonly set: readonly ReplicaMember[];
      /** The set in force; differs from `set` only in a replacement, whose opening waits for `openConfirmed`. */
      readonly setChanges: boolean;
    }
  /** The coordinator's compare-and-set that installs a changed set succeeded. */
  | { readonly type: "openConfirmed"; readonly epoch: number }
  /** Replicas to bring up beside the set of `epoch`: fed like members, never counted. Replaces those named before. */
  | { readonly type: "learners"; readonly epoch: number; readonly learners: readonly ReplicaMember[] }
  /** A records, close or trim frame made by the host from {@link NextAppend}. Only when `canAppend()`. */
  | { readonly type: "append"; readonly frame: Frame }
  /** `fromReplicaUuid` is the sender's, from the envelope; the host has dropped messages not addressed to this replica. */
  | {
      readonly type: "message";
      readonly from: string;
      readonly fromReplicaUuid: string;
      readonly message: PeerMessage;
    }
  | { readonly type: "peerConnected"; readonly nodeId: string }
  | { readonly type: "durable"; readonly writeNumber: number }
  | {
      readonly type: "logRead";
      readonly peer: string;
      readonly fromOffset: number;
      readonly frames: readonly Frame[] | undefined;
    }
  | { readonly type: "damaged" }
  /** A read of the own log met a frame that is damaged or missing. */
  | { readonly type: "frameDamaged" }
  | { readonly type: "resign" }
  /** An operator lets a halted replica go on: with its log as it is, or to be copied anew from a leader. */
  | { readonly type: "resume"; readonly requestId: number; readonly keepLog: boolean }
  | { readonly type: "tick"; readonly monotonicMs: number };

/** Answer to a seal. `ok` false: refused, see `promisedEpoch` (a higher epoch exists) or wrong uuid. */
export interface SealReply {
  readonly ok: boolean;
  readonly replicaUuid: string;
  readonly promisedEpoch: number;
  readonly logEpoch: number;
  readonly logStart: number;
  readonly logEnd: number;
  readonly history: readonly EpochStart[];
  readonly suspect: boolean;
}

/** Journal writes. Numbers count up by one per replica; durability is reported cumulatively. */
export type ReplicaWrite =
  | { readonly kind: "frames"; readonly frames: readonly Frame[] }
  | { readonly kind: "state"; readonly state: ReplicaState }
  /** Cuts the log to end at `logEnd` and stores `state`, atomically. `resetTo` ≥ 0: the log becomes empty at that offset. */
  | { readonly kind: "truncate"; readonly logEnd: number; readonly resetTo: number; readonly state: ReplicaState }
  /** Frames and the state that is true once they are in (adoption), atomically and in that order. */
  | { readonly kind: "framesAndState"; readonly frames: readonly Frame[]; readonly state: ReplicaState };

/** What the host must do, in order. */
export type ReplicaOutput =
  | { readonly type: "write"; readonly writeNumber: number; readonly write: ReplicaWrite }
  | {
      readonly type: "send";
      readonly to: string;
      /** Goes into the envelope; a node that holds another replica of the shard drops the message. */
      readonly toReplicaUuid: string;
      readonly lane: "control" | "live" | "catchUp";
      readonly message: PeerMessage;
    }
  | { readonly type: "readLog"; readonly peer: string; readonly fromOffset: number; readonly limitBytes: number }
  | { readonly type: "sealReply"; readonly requestId: number; readonly reply: SealReply }
  /** Recover accepted and durable (`ok`) or refused. Opening is reported by `opened`. */
  | { readonly type: "recoverReply"; readonly requestId: number; readonly ok: boolean; readonly why: string }
  /** The replica is not halted any more, durably. */
  | { readonly type: "resumeReply"; readonly requestId: number }
  /** Enough members have adopted: with an unchanged set this replica now serves; with a changed set it waits for openConfirmed. */
  | { readonly type: "adopted"; readonly epoch: number; readonly setChanges: boolean }
  | { readonly type: "opened"; readonly epoch: number; readonly logEnd: number }
  | { readonly type: "committed"; readonly commitOffset: number }
  /**
   * A committed trim record raised the log start and the state that says so is durable: the host may now let the log
   * store drop frames that end at or below `logStart`, never earlier.
   */
  | { readonly type: "trimmed"; readonly logStart: number }
  /** No longer leader (higher epoch seen, resigned, no quorum for 2 s). Waiting appends have an unknown outcome. */
  | { readonly type: "steppedDown"; readonly epoch: number; readonly why: string }
  /** A protocol violation that must never happen (two frames at one offset in one epoch): the replica has stopped, durably. */
  | { readonly type: "halted"; readonly why: string };

/** What the host needs to make the next frame. */
export interface NextAppend {
  readonly epoch: number;
  readonly baseOffset: number;
  readonly prevEpoch: number;
  /** The frame's arrival time is max(this, now). */
  readonly arrivalFloorMs: number;
}

/** How far a leader has brought one other replica. */
export interface PeerState {
  readonly nodeId: string;
  readonly replicaUuid: string;
  readonly learner: boolean;
  /** It holds everything below the epoch's start; only then do its acknowledgements count, if it is a member. */
  readonly adopted: boolean;
  readonly recordsBehind: number;
}

/** The machine as its host sees it. Getters are cheap and always current. */
export interface ReplicaContract {
  readonly shardUid: number;
  readonly replicaUuid: string;
  /** follower: also after a restart; recovering: told to lead, bringing others up; leading: open for appends. */
  readonly role: "follower" | "recovering" | "leading" | "halted";
  readonly promisedEpoch: number;
  readonly logEpoch: number;
  readonly logStart: number;
  readonly logEnd: number;
  readonly durableEnd: number;
  /** Records below are committed; valid in every role (a hint in followers, exact in leaders). */
  readonly commitOffset: number;
  readonly suspect: boolean;
  /** As of the last write: what a restart finds once that is durable. */
  readonly state: ReplicaState;
  /** A committed close record ends the log. */
  readonly closed: boolean;
  /** Per peer node id, learners left out: how far it is behind, for metrics. Empty unless leading. */
  peerLag(): ReadonlyMap<string, number>;
  /** Everybody this leader feeds, learners included. Empty unless leading. */
  peerStates(): readonly PeerState[];
  /** True when leading, not closed and not closing. */
  canAppend(): boolean;
  nextAppend(): NextAppend;
  step(input: ReplicaInput, outputs: ReplicaOutput[]): void;
}

/** What a replica is made from: at creation (empty log) or after a restart (as recovered from the journal). */
export interface ReplicaStart {
  readonly nodeId: string;
  readonly boot: number;
  readonly state: ReplicaState;
  readonly logEnd: number;
  /** Epoch and arrival time of the last frame, 0 when the log is empty. */
  readonly lastFrameEpoch: number;
  readonly lastArrivalMs: number;
  /** The log's last frame is a close record. */
  readonly closed: boolean;
}
