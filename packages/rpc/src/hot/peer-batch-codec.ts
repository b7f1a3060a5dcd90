/**
 * `PeerBatch` of `proto/millrace/v1/peer.proto` as far as it carries appends and acknowledgements, of which every record needs some.
 * Other envelopes are left to the generated code, and so is a batch with other parts.
 */
import {
  _millrace_v1_PeerEnvelope_Kind as Kind,
  type PeerEnvelope,
  type PeerEnvelope__Output,
} from "../generated/millrace/v1/PeerEnvelope.ts";
import type { PeerBatch, PeerBatch__Output } from "../generated/millrace/v1/PeerBatch.ts";
import type { MessageParts } from "../http2/message-codec.ts";
import { WireReader } from "./wire-reader.ts";
import { copiedBytes, lengthFieldBytes, numberFieldBytes, varintBytes, WireWriter } from "./wire-writer.ts";

/** Tags: field number × 8 + wire type. */
const ENVELOPES = 0x12;
const SHARD_UID = 0x08;
const TO_REPLICA = 0x12;
const FROM_REPLICA = 0x1a;
const KIND = 0x20;
const EPOCH = 0x28;
const COMMIT_OFFSET = 0x68;
const DURABLE_END = 0x70;
const ADOPTED = 0x78;
const FRAMES = 0x9a;

const NOTHING: Buffer = Buffer.alloc(0);
/** By number: the generated names are in the order of their numbers, from 0 on. */
const kindNames = Object.values(Kind);
const kindNumbers = new Map<unknown, number>(kindNames.map((name, number) => [name, number]));

/** An append or acknowledgement, as `encodePeerMessage` makes them; absent fields stand for their defaults. */
type HotEnvelope = Partial<PeerEnvelope__Output> & { readonly kind: "APPEND" | "ACK" };

/** An encoder that leaves what it does not know to `others`. */
export function peerBatchEncoder(others: (batch: PeerBatch) => MessageParts): (batch: PeerBatch) => MessageParts {
  return (batch) => {
    const { envelopes = [], ...rest } = batch;
    const hot = envelopes.filter(isHot);
    // Order among envelopes counts: a batch with others in between is rare and goes the general way as a whole.
    if (hot.length !== envelopes.length || envelopes.length === 0) return others(batch);
    const parts = encodeEnvelopes(hot);
    return Object.values(rest).some((part) => part) ? [...others(rest), ...parts] : parts;
  };
}

function isHot(envelope: PeerEnvelope): envelope is PeerEnvelope & HotEnvelope {
  return envelope.kind === "APPEND" || envelope.kind === "ACK";
}

function encodeEnvelopes(envelopes: readonly HotEnvelope[]): MessageParts {
  const lengths = new Uint32Array(envelopes.length);
  let sizeBytes = 0;
  envelopes.forEach((envelope, index) => {
    const framesBytes = envelope.frames?.length ?? 0;
    const length =
      numberFieldBytes(SHARD_UID, envelope.shardUid ?? 0) +
      lengthFieldBytes(TO_REPLICA, Buffer.byteLength(envelope.toReplicaUuid ?? "")) +
      lengthFieldBytes(FROM_REPLICA, Buffer.byteLength(envelope.fromReplicaUuid ?? "")) +
      numberFieldBytes(KIND, kindNumbers.get(envelope.kind) ?? 0) +
      numberFieldBytes(EPOCH, envelope.epoch ?? 0) +
      numberFieldBytes(COMMIT_OFFSET, envelope.commitOffset ?? 0) +
      numberFieldBytes(DURABLE_END, envelope.durableEnd ?? 0) +
      numberFieldBytes(ADOPTED, envelope.adopted === true ? 1 : 0) +
      lengthFieldBytes(FRAMES, framesBytes);
    lengths[index] = length;
    sizeBytes += 1 + varintBytes(length) + length - framesBytes + copiedBytes(framesBytes);
  });
  const writer = new WireWriter(sizeBytes);
  envelopes.forEach((envelope, index) => {
    writer.head(ENVELOPES, lengths[index] ?? 0);
    writer.number(SHARD_UID, envelope.shardUid ?? 0);
    writer.text(TO_REPLICA, envelope.toReplicaUuid ?? "");
    writer.text(FROM_REPLICA, envelope.fromReplicaUuid ?? "");
    writer.number(KIND, kindNumbers.get(envelope.kind) ?? 0);
    writer.number(EPOCH, envelope.epoch ?? 0);
    writer.number(COMMIT_OFFSET, envelope.commitOffset ?? 0);
    writer.number(DURABLE_END, envelope.durableEnd ?? 0);
    writer.number(ADOPTED, envelope.adopted === true ? 1 : 0);
    writer.bytes(FRAMES, envelope.frames ?? NOTHING);
  });
  return writer.finish();
}

/** A batch of nothing but appends and acknowledgements, or undefined. */
export function decodePeerBatch(bytes: Buffer): PeerBatch__Output | undefined {
  const reader = new WireReader(bytes, 0, bytes.length);
  const envelopes: PeerEnvelope__Output[] = [];
  while (reader.more) {
    if (reader.varint() !== ENVELOPES) return undefined;
    const envelope = decodeEnvelope(reader.message());
    if (envelope === undefined) return undefined;
    envelopes.push(envelope);
  }
  return reader.failed ? undefined : { hello: null, envelopes, freshnessRequest: null, freshnessReply: null };
}

function decodeEnvelope(reader: WireReader): PeerEnvelope__Output | undefined {
  let shardUid = 0;
  let kindNumber = 0;
  let epoch = 0;
  let commitOffset = 0;
  let durableEnd = 0;
  let toReplicaUuid = "";
  let fromReplicaUuid = "";
  let adopted = false;
  let frames = NOTHING;
  while (reader.more) {
    const tag = reader.varint();
    if (tag === SHARD_UID) shardUid = reader.varint();
    else if (tag === TO_REPLICA) toReplicaUuid = reader.text();
    else if (tag === FROM_REPLICA) fromReplicaUuid = reader.text();
    else if (tag === KIND) kindNumber = reader.varint();
    else if (tag === EPOCH) epoch = reader.varint();
    else if (tag === COMMIT_OFFSET) commitOffset = reader.varint();
    else if (tag === DURABLE_END) durableEnd = reader.varint();
    else if (tag === ADOPTED) adopted = reader.varint() !== 0;
    else if (tag === FRAMES) frames = reader.bytes();
    else return undefined;
  }
  const kind = kindNames[kindNumber];
  if (reader.failed || kind === undefined) return undefined;
  return {
    shardUid,
    toReplicaUuid,
    fromReplicaUuid,
    kind,
    epoch,
    history: [],
    set: [],
    logStart: 0,
    logEnd: 0,
    truncateTo: 0,
    resetTo: 0,
    startOffset: 0,
    commitOffset,
    durableEnd,
    adopted,
    reason: "",
    promisedEpoch: 0,
    expectedOffset: 0,
    frames,
  };
}
