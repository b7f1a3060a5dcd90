/** Clients of the cluster's internal services: one connection each unless the caller shares it. */
import type { CoordinatorClient } from "./generated/millrace/v1/Coordinator.ts";
import type { PeerClient } from "./generated/millrace/v1/Peer.ts";
import type { ReplicaControlClient } from "./generated/millrace/v1/ReplicaControl.ts";
import type { StorageClient } from "./generated/millrace/v1/Storage.ts";
import { rpcTransport } from "./transport.ts";

/** A client of the Storage service at `address` (host:port). */
export function storageClient(address: string): StorageClient {
  return rpcTransport().connect("Storage", address) as StorageClient;
}

/** A client of the Peer service; each call opens a connection of its own, because lanes must not share one. */
export function peerClient(address: string): PeerClient {
  return rpcTransport().connect("Peer", address) as PeerClient;
}

/** A client of the ReplicaControl service. */
export function replicaControlClient(address: string): ReplicaControlClient {
  return rpcTransport().connect("ReplicaControl", address) as ReplicaControlClient;
}

/** A client of the Coordinator service. */
export function coordinatorClient(address: string): CoordinatorClient {
  return rpcTransport().connect("Coordinator", address) as CoordinatorClient;
}
