/** A connection to one member of etcd, for the services that the metadata store uses. */
import type { ChannelCredentials, ChannelOptions } from "@grpc/grpc-js";
import { MESSAGE_BYTES_MAX } from "../channel-options.ts";
import type { KVClient } from "../generated/etcdserverpb/KV.ts";
import type { LeaseClient } from "../generated/etcdserverpb/Lease.ts";
import { etcdServices } from "./load-etcd.ts";

/** See the file comment. */
export interface EtcdMember {
  readonly kv: Pick<KVClient, "range" | "txn">;
  readonly lease: Pick<LeaseClient, "leaseGrant" | "leaseRevoke" | "leaseKeepAlive">;
  /** Calls under way may still end either way. */
  close(): void;
}

/** etcd refuses connections that ping more often than every 5 s. Calls have deadlines of their own. */
const connectionOptions: ChannelOptions = {
  "grpc.max_receive_message_length": MESSAGE_BYTES_MAX,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.min_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 500,
  "grpc.use_local_subchannel_pool": 1,
  "grpc.enable_retries": 0,
};

/** Connects to `address` (host:port) when it is used. */
export function connectEtcd(address: string, secure: ChannelCredentials): EtcdMember {
  const { KV, Lease } = etcdServices();
  const kv = new KV(address, secure, connectionOptions);
  const lease = new Lease(address, secure, { ...connectionOptions, channelOverride: kv.getChannel() });
  return { kv, lease, close: () => kv.close() };
}
