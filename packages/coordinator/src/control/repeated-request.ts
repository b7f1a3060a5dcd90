/**
 * A request that changed something is answered once and for all: its answer is stored in the same atomic write as the change, and
 * a repeat of it, to this coordinator or the next, gets that answer and changes nothing. What only reads, changes nothing or is
 * refused is computed anew each time, and so is what made a stream or consumer that has been deleted since. Pure.
 */
import { sha256Hex } from "@millrace/base";
import { finalizedVersion } from "../operate/finalize-version.ts";
import type { ClusterState, ReplyRecord, StateChange } from "../state/cluster-state.ts";
import type { ControlOutcome } from "./control-operation.ts";

/**
 * A reply is known for so long by the coordinators' clocks; as long as a leader knows the id of an append. SDKs give up within
 * a minute.
 */
export const REPLY_AGE_MS: number = 5 * 60_000;
/** At most so many are kept: the oldest goes when another comes. */
export const REPLIES_MAX = 1_000;
/** Forgotten with each new one: more than one, so that old ones go; few, so that a write stays one transaction of etcd. */
const FORGOTTEN_AT_ONCE = 2;
/** Coordinators of version 1 do not know these records. */
const REPLIES_SINCE_VERSION = 2;

/** A request as it came from a gateway. */
export interface IdentifiedRequest {
  readonly operation: string;
  readonly accountId: string;
  readonly region: string;
  /** What the sender calls the request in all its repeats; empty: it does not say. */
  readonly requestId: string;
  readonly inputJson: Uint8Array;
}

/** The stored answer to `request`, if it is a repeat of one that was carried out. */
export function storedReply(state: ClusterState, request: IdentifiedRequest, nowMs: number): ReplyRecord | undefined {
  if (!isRecognised(state, request)) return undefined;
  const reply = state.repliesByRequest.get(requestKeyOf(request));
  // The clock of another coordinator may have been ahead.
  const isKnown = reply !== undefined && Math.abs(nowMs - reply.answeredMs) < REPLY_AGE_MS;
  return isKnown && isThere(state, reply) ? reply : undefined;
}

/** An answer that says a thing was made would have its client wait for ever for what is deleted. */
function isThere({ streams, consumers }: ClusterState, { madeStreamUid, madeConsumerArn }: ReplyRecord): boolean {
  const made = [
    ...(madeStreamUid === undefined ? [] : [streams.get(madeStreamUid)]),
    ...(madeConsumerArn === undefined ? [] : [consumers.get(madeConsumerArn)]),
  ];
  return made.every((each) => each !== undefined && each.status !== "DELETING");
}

/** The stored answer to `request`; without one, what `decide` decides, and with its changes the reply to store. */
export function decideOnce(
  state: ClusterState,
  request: IdentifiedRequest,
  nowMs: number,
  decide: () => ControlOutcome,
): ControlOutcome {
  const reply = storedReply(state, request, nowMs);
  if (reply !== undefined) return { output: reply.output, changes: [] };
  const outcome = decide();
  if ("error" in outcome || outcome.changes.length === 0 || !isRecognised(state, request)) return outcome;
  const { output, changes } = outcome;
  const kept = { requestKey: requestKeyOf(request), answeredMs: nowMs, output, ...madeBy(state, changes) };
  return { output, changes: [...changes, ...keepReply(state, kept)] };
}

/** The one stream or consumer that `changes` put and `state` does not have. */
function madeBy(
  { streams, consumers }: ClusterState,
  changes: readonly StateChange[],
): Pick<ReplyRecord, "madeStreamUid" | "madeConsumerArn"> {
  for (const { table, key } of changes) {
    if (table === "stream" && !streams.has(key)) return { madeStreamUid: key };
    if (table === "consumer" && !consumers.has(key)) return { madeConsumerArn: key };
  }
  return {};
}

function isRecognised(state: ClusterState, { requestId }: IdentifiedRequest): boolean {
  return requestId !== "" && finalizedVersion(state.cluster) >= REPLIES_SINCE_VERSION;
}

/** Account and input are part of it: an id that a client sends for ever still names different requests. */
function requestKeyOf({ operation, accountId, region, requestId, inputJson }: IdentifiedRequest): string {
  return sha256Hex(JSON.stringify([accountId, region, operation, requestId, sha256Hex(inputJson)]));
}

function keepReply({ replies }: ClusterState, kept: Omit<ReplyRecord, "sequence">): readonly StateChange[] {
  const forgotten: StateChange[] = [];
  let sequence = 1;
  for (const reply of replies.values()) {
    sequence = Math.max(sequence, reply.sequence + 1);
    const isOver = Math.abs(kept.answeredMs - reply.answeredMs) >= REPLY_AGE_MS;
    const isOneTooMany = forgotten.length === 0 && replies.size >= REPLIES_MAX;
    if (forgotten.length < FORGOTTEN_AT_ONCE && (isOver || isOneTooMany)) {
      forgotten.push({ table: "reply", key: reply.sequence, value: undefined });
    }
  }
  return [...forgotten, { table: "reply", key: sequence, value: { sequence, ...kept } }];
}
