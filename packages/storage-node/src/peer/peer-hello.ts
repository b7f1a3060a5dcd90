/** The first message of a peer stream in each direction: who I am, of which cluster, speaking which versions. */
import { protocolRefusal, rangeOfFields, spokenProtocol, type PeerHello, type PeerHello__Output } from "@millrace/rpc";

/** Who this node is. `clusterId` is empty until the coordinator has told it. */
export interface PeerIdentity {
  readonly nodeId: string;
  readonly boot: number;
  readonly clusterId: () => string;
}

/** Our hello. */
export function helloOf(identity: PeerIdentity): PeerHello {
  const { min, max } = spokenProtocol();
  return {
    clusterId: identity.clusterId(),
    nodeId: identity.nodeId,
    boot: identity.boot,
    protocolVersionMin: min,
    protocolVersionMax: max,
  };
}

/** Why we do not talk to whoever sent `hello`, or undefined when we do. `expectedNodeId` is whom we called, if we called. */
export function refusalOf(
  hello: PeerHello__Output,
  identity: PeerIdentity,
  expectedNodeId: string | undefined,
): string | undefined {
  const clusterId = identity.clusterId();
  if (clusterId !== "" && hello.clusterId !== "" && clusterId !== hello.clusterId) {
    return `cluster ${hello.clusterId} is not ours (${clusterId})`;
  }
  if (expectedNodeId !== undefined && hello.nodeId !== expectedNodeId) {
    return `node ${hello.nodeId} answers where ${expectedNodeId} was expected`;
  }
  return protocolRefusal(`node ${hello.nodeId}`, rangeOfFields(hello));
}
