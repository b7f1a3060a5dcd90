/**
 * A thin client of etcd's v3 API: one member at a time, the next after a failure. Nothing is repeated here; a caller that
 * repeats a write has to know that the first attempt may still happen.
 */
import { credentials, type ChannelCredentials } from "@grpc/grpc-js";
import { ServiceError } from "@millrace/base";
import { callUnary, fromGrpcError } from "../call.ts";
import type { LeaseGrantRequest } from "../generated/etcdserverpb/LeaseGrantRequest.ts";
import type { LeaseGrantResponse__Output } from "../generated/etcdserverpb/LeaseGrantResponse.ts";
import type { LeaseKeepAliveResponse__Output } from "../generated/etcdserverpb/LeaseKeepAliveResponse.ts";
import type { LeaseRevokeRequest } from "../generated/etcdserverpb/LeaseRevokeRequest.ts";
import type { LeaseRevokeResponse__Output } from "../generated/etcdserverpb/LeaseRevokeResponse.ts";
import type { RangeRequest } from "../generated/etcdserverpb/RangeRequest.ts";
import type { RangeResponse__Output } from "../generated/etcdserverpb/RangeResponse.ts";
import type { TxnRequest } from "../generated/etcdserverpb/TxnRequest.ts";
import type { TxnResponse__Output } from "../generated/etcdserverpb/TxnResponse.ts";
import {
  pairOf,
  rangeEnd,
  transactionMessage,
  type EtcdPair,
  type EtcdTransaction,
  type EtcdTransactionResult,
} from "./etcd-transaction.ts";
import { rpcTransport } from "../transport.ts";
import type { EtcdMember } from "./connect-etcd.ts";

/** Where etcd is: `http://host:port` or `https://host:port` each. The PEM bytes are for `https`. */
export interface EtcdOptions {
  readonly endpoints: readonly string[];
  readonly ca?: Buffer;
  readonly certificate?: Buffer;
  readonly key?: Buffer;
}

/** Pairs in key order, of one revision. */
export interface EtcdRange {
  readonly pairs: readonly EtcdPair[];
  readonly revision: number;
  /** There are more in the range. */
  readonly more: boolean;
}

/** Keys in [from, to), or the one key `from`; of a past revision when given. */
export interface EtcdRangeQuery {
  readonly from: string;
  readonly to?: string;
  readonly limit?: number;
  readonly revision?: number;
}

const CALL_TIMEOUT_MS = 1_000;
const TRANSACTION_TIMEOUT_MS = 2_000;
const RANGE_TIMEOUT_MS = 5_000;

/** See the file comment. Calls reject with UNAVAILABLE or DEADLINE (the outcome is unknown) or INTERNAL (etcd refused). */
export class EtcdClient {
  readonly #options: EtcdOptions;
  #index = 0;
  #member: EtcdMember | undefined;
  #closed = false;

  /** Connects at the first call. USAGE when an endpoint is not a URL. */
  constructor(options: EtcdOptions) {
    if (options.endpoints.length === 0) throw new ServiceError("USAGE", "no etcd endpoint is given");
    for (const endpoint of options.endpoints) parseEndpoint(endpoint);
    this.#options = options;
  }

  /** Reads what is newest at the time of the call, unless a revision is named. */
  async range(query: EtcdRangeQuery): Promise<EtcdRange> {
    const request: RangeRequest = {
      key: Buffer.from(query.from),
      ...rangeEnd(query.to),
      limit: query.limit ?? 0,
      revision: query.revision ?? 0,
    };
    const reply = await this.#call<RangeResponse__Output>(({ kv }) =>
      callUnary<RangeRequest, RangeResponse__Output>((r, o, done) => kv.range(r, o, done), request, RANGE_TIMEOUT_MS),
    );
    return { pairs: reply.kvs.map(pairOf), revision: reply.header?.revision ?? 0, more: reply.more };
  }

  /** Runs a transaction in one revision. */
  async transact(transaction: EtcdTransaction): Promise<EtcdTransactionResult> {
    const request = transactionMessage(transaction);
    const reply = await this.#call<TxnResponse__Output>(({ kv }) =>
      callUnary<TxnRequest, TxnResponse__Output>((r, o, done) => kv.txn(r, o, done), request, TRANSACTION_TIMEOUT_MS),
    );
    const read = reply.responses.flatMap((response) => response.responseRange?.kvs ?? []).map(pairOf);
    return { done: reply.succeeded, revision: reply.header?.revision ?? 0, read };
  }

  /** Makes a lease with a number of the caller's choice. */
  async grantLease(leaseId: number, ttlSeconds: number): Promise<void> {
    const request: LeaseGrantRequest = { ID: leaseId, TTL: ttlSeconds };
    await this.#call<LeaseGrantResponse__Output>(({ lease }) =>
      callUnary<LeaseGrantRequest, LeaseGrantResponse__Output>(
        (r, o, done) => lease.leaseGrant(r, o, done),
        request,
        CALL_TIMEOUT_MS,
      ),
    );
  }

  /** Ends a lease and deletes its keys. INTERNAL when there is none. */
  async revokeLease(leaseId: number): Promise<void> {
    await this.#call<LeaseRevokeResponse__Output>(({ lease }) =>
      callUnary<LeaseRevokeRequest, LeaseRevokeResponse__Output>(
        (r, o, done) => lease.leaseRevoke(r, o, done),
        { ID: leaseId },
        CALL_TIMEOUT_MS,
      ),
    );
  }

  /** Renews a lease once. Answers the seconds it lives from now on; 0: it is gone. */
  keepAlive(leaseId: number): Promise<number> {
    return this.#call(
      ({ lease }) =>
        new Promise<number>((resolve, reject) => {
          // gRPC takes a wall-clock date.
          const call = lease.leaseKeepAlive({ deadline: Date.now() + CALL_TIMEOUT_MS });
          call.on("data", (reply: LeaseKeepAliveResponse__Output) => {
            resolve(reply.TTL);
            call.end();
          });
          call.on("error", (error: Parameters<typeof fromGrpcError>[0]) => reject(fromGrpcError(error)));
          call.on("end", () => reject(new ServiceError("UNAVAILABLE", "etcd ended the renewal of a lease")));
          call.write({ ID: leaseId });
        }),
    );
  }

  /** Calls under way may still end either way. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#leave(this.#member);
  }

  async #call<Reply>(work: (member: EtcdMember) => Promise<Reply>): Promise<Reply> {
    if (this.#closed) throw new ServiceError("UNAVAILABLE", "the connection to etcd is closed");
    const member = (this.#member ??= this.#connect());
    try {
      return await work(member);
    } catch (thrown) {
      const error = ServiceError.from(thrown);
      // A fresh connection even where there is one member only: the old one may be one that swallows everything.
      if (error.code === "UNAVAILABLE" || error.code === "DEADLINE") this.#leave(member);
      throw error;
    }
  }

  #connect(): EtcdMember {
    const { endpoints } = this.#options;
    const { address, secure } = parseEndpoint(endpoints[this.#index % endpoints.length] ?? "");
    return rpcTransport().connectEtcd(address, secure ? this.#secure() : credentials.createInsecure());
  }

  #secure(): ChannelCredentials {
    const { ca = null, certificate = null, key = null } = this.#options;
    return credentials.createSsl(ca, key, certificate);
  }

  #leave(member: EtcdMember | undefined): void {
    if (member === undefined || this.#member !== member) return;
    this.#member = undefined;
    this.#index += 1;
    member.close();
  }
}

function parseEndpoint(endpoint: string): { readonly address: string; readonly secure: boolean } {
  const [, scheme, address] = /^(https?):\/\/([^/]+:\d+)\/?$/.exec(endpoint) ?? [];
  if (address === undefined) {
    throw new ServiceError("USAGE", `"${endpoint}" is not an etcd endpoint such as http://127.0.0.1:2379`);
  }
  return { address, secure: scheme === "https" };
}
