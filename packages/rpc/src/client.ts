/** Clients of the cluster's internal services: one connection each unless the caller shares it. */
import { credentials, type ChannelOptions } from "@grpc/grpc-js";
import type { CoordinatorClient } from "./generated/millrace/v1/Coordinator.ts";
import type { PeerClient } from "./generated/millrace/v1/Peer.ts";
import type { ReplicaControlClient } from "./generated/millrace/v1/ReplicaControl.ts";
import type { StorageClient } from "./generated/millrace/v1/Storage.ts";
import { channelOptions } from "./channel-options.ts";
import { services } from "./load.ts";

/** A client of the Storage service at `address` (host:port). */
export function storageClient(address: string): StorageClient {
  return new (services().Storage)(address, credentials.createInsecure(), ownConnection());
}

/** A client of the Peer service; each call opens a connection of its own, because lanes must not share one. */
export function peerClient(address: string): PeerClient {
  return new (services().Peer)(address, credentials.createInsecure(), ownConnection());
}

/** A client of the ReplicaControl service. */
export function replicaControlClient(address: string): ReplicaControlClient {
  return new (services().ReplicaControl)(address, credentials.createInsecure(), ownConnection());
}

/** A client of the Coordinator service. */
export function coordinatorClient(address: string): CoordinatorClient {
  return new (services().Coordinator)(address, credentials.createInsecure(), ownConnection());
}

function ownConnection(): ChannelOptions {
  return { ...channelOptions, "grpc.use_local_subchannel_pool": 1 };
}
