/**
 * Messages between replicas, to and from `proto/millrace/v1/peer.proto`. Frames travel as the bytes they are: encoding
 * joins them, decoding checks every checksum and slices the received buffer without copying.
 */
import { unreachable } from "@millrace/base";
import { decodeFrames, type Frame } from "@millrace/model";
import type { PeerMessage, RejectMessage } from "@millrace/replication";
import type { PeerEnvelope, PeerEnvelope__Output } from "./generated/millrace/v1/PeerEnvelope.ts";

/** Whom a peer message concerns. */
export interface PeerAddressing {
  readonly shardUid: number;
  readonly toReplicaUuid: string;
  readonly fromReplicaUuid: string;
}

const rejectReasons: readonly RejectMessage["reason"][] = ["promised", "gap", "notAdopted", "wrongReplica"];

/** The message on the wire. `frames` share memory with the message when there is only one. */
export function encodePeerMessage(addressing: PeerAddressing, message: PeerMessage): PeerEnvelope {
  // Written out where it is made for every frame: copying an object costs more than all the rest of it.
  const { shardUid, toReplicaUuid, fromReplicaUuid } = addressing;
  const { epoch } = message;
  switch (message.kind) {
    case "probe":
      return {
        ...addressing,
        epoch,
        kind: "PROBE",
        set: [...message.set],
        durableEnd: message.ackedEnd,
      };
    case "probeReply":
      return {
        ...addressing,
        epoch,
        kind: "PROBE_REPLY",
        fromReplicaUuid: message.replicaUuid,
        logStart: message.logStart,
        logEnd: message.logEnd,
        history: [...message.history],
      };
    case "catchUp":
      return {
        ...addressing,
        epoch,
        kind: "CATCH_UP",
        truncateTo: message.truncateTo,
        resetTo: message.resetTo,
        history: [...message.history],
        startOffset: message.startOffset,
        set: [...message.set],
        frames: joinFrames(message.frames),
      };
    case "append":
      return {
        shardUid,
        toReplicaUuid,
        fromReplicaUuid,
        epoch,
        kind: "APPEND",
        commitOffset: message.commitOffset,
        frames: joinFrames(message.frames),
      };
    case "ack":
      return {
        shardUid,
        toReplicaUuid,
        epoch,
        kind: "ACK",
        fromReplicaUuid: message.replicaUuid,
        adopted: message.adopted,
        durableEnd: message.durableEnd,
      };
    case "reject":
      return {
        ...addressing,
        epoch,
        kind: "REJECT",
        reason: message.reason,
        promisedEpoch: message.promisedEpoch,
        expectedOffset: message.expectedOffset,
      };
    default:
      return unreachable(message);
  }
}

/** The message as the replica machine takes it; undefined when it is of an unknown kind or its frames are damaged. */
export function decodePeerMessage(envelope: PeerEnvelope__Output): PeerMessage | undefined {
  const { epoch } = envelope;
  switch (envelope.kind) {
    case "PROBE":
      return { kind: "probe", epoch, set: envelope.set, ackedEnd: envelope.durableEnd };
    case "PROBE_REPLY":
      return {
        kind: "probeReply",
        epoch,
        replicaUuid: envelope.fromReplicaUuid,
        logStart: envelope.logStart,
        logEnd: envelope.logEnd,
        history: envelope.history,
      };
    case "CATCH_UP": {
      const frames = framesOf(envelope);
      if (frames === undefined) return undefined;
      const { truncateTo, resetTo, history, startOffset, set } = envelope;
      return { kind: "catchUp", epoch, truncateTo, resetTo, history, startOffset, set, frames };
    }
    case "APPEND": {
      const frames = framesOf(envelope);
      if (frames === undefined) return undefined;
      return { kind: "append", epoch, commitOffset: envelope.commitOffset, frames };
    }
    case "ACK":
      return {
        kind: "ack",
        epoch,
        replicaUuid: envelope.fromReplicaUuid,
        adopted: envelope.adopted,
        durableEnd: envelope.durableEnd,
      };
    case "REJECT": {
      const reason = rejectReasons.find((known) => known === envelope.reason);
      if (reason === undefined) return undefined;
      return {
        kind: "reject",
        epoch,
        reason,
        promisedEpoch: envelope.promisedEpoch,
        expectedOffset: envelope.expectedOffset,
      };
    }
    default:
      return undefined;
  }
}

/** Bytes of an envelope on the wire, near enough to bound queues and batches by. */
export function peerMessageBytes(message: PeerMessage): number {
  let sizeBytes = 160;
  if (message.kind === "append" || message.kind === "catchUp") {
    for (const frame of message.frames) sizeBytes += frame.bytes.length;
  }
  return sizeBytes;
}

function framesOf(envelope: PeerEnvelope__Output): Frame[] | undefined {
  const frames = decodeFrames(envelope.frames);
  return frames?.every((frame) => frame.header.shardUid === envelope.shardUid) ? frames : undefined;
}

function joinFrames(frames: readonly Frame[]): Buffer {
  const [only] = frames;
  if (only !== undefined && frames.length === 1) return only.bytes;
  return Buffer.concat(frames.map((frame) => frame.bytes));
}
