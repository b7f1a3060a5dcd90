/** Places the records of a put on shards and encodes them, one buffer a shard. */
import { assert, ServiceError } from "@millrace/base";
import {
  answerOf,
  explicitHashKeyFault,
  putRecordsBytesFault,
  validationError,
  type HashKeyWords,
  type KinesisError,
} from "@millrace/kinesis";
import {
  RECORD_FLAG_EXPLICIT_HASH_KEY,
  RECORD_FLAG_NO_PARTITION_KEY,
  RECORD_HEADER_BYTES,
  recordBytes,
} from "@millrace/model";
import type { ShardRouting } from "../cluster/stream-view.ts";
import type { PutSource } from "./put-source.ts";

const RECORDS_MAX = 500;
const HASH_KEY_BYTES = 16;

/** What places and limits the records of a stream. */
export interface PutRules {
  readonly routing: ShardRouting;
  readonly maxRecordBytes: number;
  /** Service-managed distribution: the shard of the first record; keys do not place. Undefined: keys do. */
  readonly rotateFrom: number | undefined;
  /** Of one record validation paths are `data`, of several `records.N.member.data`. */
  readonly single: boolean;
}

/** The records of one shard: `position` of the shard in the routing, encoded as in `model/src/record.ts`. */
export interface EncodedGroup {
  readonly position: number;
  readonly indices: readonly number[];
  readonly records: Buffer;
  readonly userBytes: number;
}

/** Placed records, the error that refuses all of them, or `general`: the fast path cannot judge these bytes. */
export type Grouped =
  | { readonly groups: readonly EncodedGroup[] }
  | { readonly error: KinesisError }
  | { readonly general: true };

interface GroupDraft {
  readonly position: number;
  readonly indices: number[];
  encodedBytes: number;
  userBytes: number;
}

/** Hash keys of the call in progress. */
const scratchWords = new Uint32Array(RECORDS_MAX * 4);
const scratchKey: HashKeyWords = new Uint32Array(4);

/** See the file comment. Nothing is kept of `source`. */
export function groupRecords(source: PutSource, rules: PutRules): Grouped {
  const drafts: (GroupDraft | undefined)[] = [];
  const used: GroupDraft[] = [];
  const { shards, table } = rules.routing;
  let totalBytes = 0;
  for (let index = 0; index < source.count; index += 1) {
    const keyBytes = source.keyBytes(index);
    const userBytes = Math.max(0, keyBytes) + source.dataBytes(index);
    totalBytes += userBytes;
    if (userBytes > rules.maxRecordBytes) return { error: tooLarge(index, rules) };
    const explicit = source.explicitHashKey(index) !== undefined;
    let position: number;
    if (rules.rotateFrom === undefined) {
      if (keyBytes < 0) return { error: keyMissing(index, rules) };
      if (!source.hash(index, scratchKey)) return { error: hashKeyFault(source.explicitHashKey(index)) };
      if (explicit) scratchWords.set(scratchKey, index * 4);
      position = table.indexOf(scratchKey);
      if (position < 0) return { error: noShard() };
    } else {
      position = (rules.rotateFrom + index) % shards.length;
    }
    let draft = drafts[position];
    if (draft === undefined) {
      draft = { position, indices: [], encodedBytes: 0, userBytes: 0 };
      drafts[position] = draft;
      used.push(draft);
    }
    draft.indices.push(index);
    draft.encodedBytes += recordBytes(
      Math.max(0, keyBytes),
      source.dataBytes(index),
      explicit && rules.rotateFrom === undefined,
    );
    draft.userBytes += userBytes;
  }
  const sizeFault = rules.single ? undefined : putRecordsBytesFault(totalBytes);
  if (sizeFault !== undefined) return { error: sizeFault };
  const groups: EncodedGroup[] = [];
  for (const draft of used) {
    const records = encode(source, draft, rules.rotateFrom === undefined);
    if (records === undefined) return { general: true };
    groups.push({ position: draft.position, indices: draft.indices, records, userBytes: draft.userBytes });
  }
  return { groups };
}

function encode(source: PutSource, draft: GroupDraft, placedByKey: boolean): Buffer | undefined {
  const target = Buffer.allocUnsafe(draft.encodedBytes);
  let position = 0;
  for (const index of draft.indices) {
    const keyBytes = source.keyBytes(index);
    const dataBytes = source.dataBytes(index);
    const explicit = placedByKey && source.explicitHashKey(index) !== undefined;
    target.writeUInt32BE(dataBytes, position);
    target.writeUInt16BE(Math.max(0, keyBytes), position + 4);
    target[position + 6] =
      (explicit ? RECORD_FLAG_EXPLICIT_HASH_KEY : 0) | (keyBytes < 0 ? RECORD_FLAG_NO_PARTITION_KEY : 0);
    position += RECORD_HEADER_BYTES;
    if (keyBytes >= 0) {
      source.writeKey(index, target, position);
      position += keyBytes;
    }
    if (explicit) {
      for (let word = 0; word < 4; word += 1) {
        target.writeUInt32BE(scratchWords[index * 4 + word] ?? 0, position + word * 4);
      }
      position += HASH_KEY_BYTES;
    }
    if (!source.writeData(index, target, position)) return undefined;
    position += dataBytes;
  }
  return target;
}

/** A hole in the shards of the map: a reshard is half-way, and another try will find it whole. */
function noShard(): KinesisError {
  return answerOf(new ServiceError("NOT_READY", "no shard takes this hash key at the moment"), "");
}

function tooLarge(index: number, rules: PutRules): KinesisError {
  return validationError(
    `1 validation error detected: Value at '${path(index, "data", rules)}' failed to satisfy constraint: Member must have length less than or equal to ${rules.maxRecordBytes}`,
  );
}

function keyMissing(index: number, rules: PutRules): KinesisError {
  return validationError(
    `1 validation error detected: Value null at '${path(index, "partitionKey", rules)}' failed to satisfy constraint: Member must not be null`,
  );
}

function hashKeyFault(text: string | undefined): KinesisError {
  const fault = explicitHashKeyFault(text ?? "");
  assert(fault !== undefined, "a hash key without words is above 2^128 − 1");
  return fault;
}

function path(index: number, member: string, rules: PutRules): string {
  return rules.single ? member : `records.${index + 1}.member.${member}`;
}
