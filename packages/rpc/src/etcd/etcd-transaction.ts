/** Transactions of etcd as values: what must hold, what is then done, what is read when it does not hold. */
import type { Compare } from "../generated/etcdserverpb/Compare.ts";
import type { KeyValue__Output } from "../generated/etcdserverpb/KeyValue.ts";
import type { RequestOp } from "../generated/etcdserverpb/RequestOp.ts";
import type { TxnRequest } from "../generated/etcdserverpb/TxnRequest.ts";

/** A key and its value. `createdRevision` is that of the transaction that made the key. */
export interface EtcdPair {
  readonly key: string;
  readonly value: Buffer;
  readonly createdRevision: number;
}

/** Something that must hold of a key. A `createdRevision` of 0: there is no such key. */
export type EtcdCondition =
  | { readonly key: string; readonly createdRevision: number }
  | { readonly key: string; readonly value: string };

/** One write. `end` makes a removal one of all keys in [key, end). */
export type EtcdWrite =
  | { readonly put: string; readonly value: Uint8Array | string; readonly leaseId?: number }
  | { readonly remove: string; readonly end?: string };

/** All of `writes` if all of `conditions` hold, else nothing; then the pairs of `elseRead` are answered. */
export interface EtcdTransaction {
  readonly conditions: readonly EtcdCondition[];
  readonly writes: readonly EtcdWrite[];
  readonly elseRead?: readonly string[];
}

/** Whether it was done, in which revision, and the pairs read when it was not. */
export interface EtcdTransactionResult {
  readonly done: boolean;
  readonly revision: number;
  readonly read: readonly EtcdPair[];
}

/** As etcd's message. */
export function transactionMessage(transaction: EtcdTransaction): TxnRequest {
  return {
    compare: transaction.conditions.map(compareMessage),
    success: transaction.writes.map(writeMessage),
    failure: (transaction.elseRead ?? []).map((key) => ({ requestRange: { key: Buffer.from(key) } })),
  };
}

/** From etcd's message. */
export function pairOf({ key, value, createRevision }: KeyValue__Output): EtcdPair {
  return { key: key.toString(), value, createdRevision: createRevision };
}

/** The end of a range, absent for a single key: etcd takes an empty one that is present for the end of everything. */
export function rangeEnd(end: string | undefined): { rangeEnd?: Buffer } {
  return end === undefined ? {} : { rangeEnd: Buffer.from(end) };
}

function compareMessage(condition: EtcdCondition): Compare {
  const key = Buffer.from(condition.key);
  if ("value" in condition) return { key, result: "EQUAL", target: "VALUE", value: Buffer.from(condition.value) };
  return { key, result: "EQUAL", target: "CREATE", createRevision: condition.createdRevision };
}

function writeMessage(write: EtcdWrite): RequestOp {
  if ("remove" in write) {
    return { requestDeleteRange: { key: Buffer.from(write.remove), ...rangeEnd(write.end) } };
  }
  return { requestPut: { key: Buffer.from(write.put), value: Buffer.from(write.value), lease: write.leaseId ?? 0 } };
}
