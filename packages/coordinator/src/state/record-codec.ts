/**
 * Where a record lies in the metadata store and in which bytes: key `<table>/<key>`, value JSON. Numeric keys are
 * padded to 16 digits, so that keys sort by number. Optional members that are undefined are absent from the JSON.
 */
import { assert, ServiceError } from "@millrace/base";
import type { StateChange } from "./cluster-state.ts";

const KEY_DIGITS = 16;
const tables = ["cluster", "node", "stream", "shard", "consumer", "account", "tombstone", "reply"] as const;

/** The bytes of one change; value undefined deletes. */
export interface EncodedChange {
  readonly key: string;
  readonly value: Uint8Array | undefined;
}

/** Encodes a change for the store. */
export function encodeChange(change: StateChange): EncodedChange {
  const value = change.value === undefined ? undefined : Buffer.from(JSON.stringify(change.value));
  return { key: storeKey(change), value };
}

/** Decodes a stored record into the change that puts it. Fails with DAMAGED when it is not one of ours. */
export function decodeRecord(key: string, value: Uint8Array): StateChange {
  const slash = key.indexOf("/");
  const table = tables.find((name) => name === key.slice(0, slash));
  if (table === undefined) throw new ServiceError("DAMAGED", `the metadata holds a record of no known table: ${key}`);
  const rest = key.slice(slash + 1);
  const parsed: unknown = parse(key, value);
  const recordKey = table === "stream" || table === "shard" || table === "reply" ? Number(rest) : rest;
  return { table, key: recordKey, value: parsed } as StateChange;
}

function storeKey(change: StateChange): string {
  if (typeof change.key === "string") return `${change.table}/${change.key}`;
  assert(Number.isSafeInteger(change.key) && change.key >= 0, "numeric keys are non-negative integers");
  return `${change.table}/${String(change.key).padStart(KEY_DIGITS, "0")}`;
}

function parse(key: string, value: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(value).toString());
  } catch (error) {
    throw new ServiceError("DAMAGED", `the metadata record ${key} is not JSON`, { cause: error });
  }
}
