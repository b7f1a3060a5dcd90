/**
 * The protocol version finalised for the cluster: what is new in it is used from then on, and no process that lacks it is let
 * in again. Only an operator raises it, once every member speaks it, so that going back a release is possible until then.
 */
import { ServiceError } from "@millrace/base";
import { rangeOfFields, UPGRADE_ADVICE, type ProtocolRange } from "@millrace/rpc";
import type { ClusterRecord, ClusterState, StateChange } from "../state/cluster-state.ts";

/** Somebody who follows the cluster map: a gateway, or a storage node named by its id. */
export interface MapFollower {
  readonly holder: string;
  readonly protocol: ProtocolRange;
}

/** What finalising did: equal numbers mean that there was nothing to do. */
export interface FinalizedVersion {
  readonly before: number;
  readonly protocolVersion: number;
}

/** The version in force; clusters that were made before there were versions are at 1. */
export function finalizedVersion({ protocolVersion = 1 }: ClusterRecord): number {
  return protocolVersion;
}

/** Why a process that speaks `range` may not join; undefined when it may. `who` begins the sentence. */
export function lacksVersion(who: string, range: ProtocolRange, cluster: ClusterRecord): string | undefined {
  const version = finalizedVersion(cluster);
  if (range.min <= version && range.max >= version) return undefined;
  const theirs = `${who} speaks protocol versions ${range.min} to ${range.max}`;
  return `${theirs}, and version ${version} is finalised for the cluster: ${UPGRADE_ADVICE}`;
}

/** Members that do not speak `version`, by node id or the name a gateway gives itself. */
export function membersWithout(version: number, state: ClusterState, followers: Iterable<MapFollower>): string[] {
  const without = new Set<string>();
  for (const node of state.nodes.values()) {
    if (node.duty !== "decommissioned" && rangeOfFields(node).max < version) without.add(`node ${node.nodeId}`);
  }
  for (const { holder, protocol } of followers) {
    if (protocol.max < version && !state.nodes.has(holder)) without.add(holder);
  }
  return [...without];
}

/** Raises the version to `version`, the newest of this coordinator. Errors: USAGE naming the members that do not speak it. */
export function finalizeVersion(
  version: number,
  state: ClusterState,
  followers: Iterable<MapFollower>,
): { readonly changes: readonly StateChange[]; readonly result: FinalizedVersion } {
  const before = finalizedVersion(state.cluster);
  const without = membersWithout(version, state, followers);
  if (without.length > 0) {
    const why = `these do not speak protocol version ${version} yet: ${without.join(", ")}`;
    throw new ServiceError("USAGE", `${why}; upgrade them, or decommission nodes that do not come back`);
  }
  if (before >= version) return { changes: [], result: { before, protocolVersion: before } };
  const value: ClusterRecord = { ...state.cluster, protocolVersion: version };
  return { changes: [{ table: "cluster", key: "cluster", value }], result: { before, protocolVersion: version } };
}
