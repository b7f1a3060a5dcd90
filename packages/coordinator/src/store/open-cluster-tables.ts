/**
 * Loads the metadata and starts a new coordinator term, durably, before anything else happens: calls of an earlier
 * coordinator are refused by nodes that have heard of this term.
 */
import { assert, ServiceError, type Random } from "@millrace/base";
import { spokenProtocol } from "@millrace/rpc";
import { lacksVersion } from "../operate/finalize-version.ts";
import type { ClusterRecord, StateChange } from "../state/cluster-state.ts";
import { ClusterTables } from "../state/cluster-tables.ts";
import type { MetadataStore } from "./metadata-store.ts";

/**
 * Versions of the cluster map start at term × this and count up in memory, so a new coordinator's versions lie above
 * the old one's without a write per version. Up to nine million terms stay exact integers.
 */
export const MAP_VERSIONS_PER_TERM: number = 1_000_000_000;

/** Form of the metadata that this build writes; see `ClusterRecord.format`. */
export const METADATA_FORMAT = 1;

/** The tables as stored, with the new term in the cluster record. An empty store becomes a new cluster. Errors: USAGE when they are of a newer release. */
export async function openClusterTables(store: MetadataStore, random: Random): Promise<ClusterTables> {
  const records = await store.load();
  const stored = records.find((record) => record.table === "cluster");
  assert(stored !== undefined || records.length === 0, "metadata without a cluster record is not a new cluster");
  const { max } = spokenProtocol();
  const before: ClusterRecord = stored?.value ?? {
    clusterId: random.uuid(),
    tokenKey: Buffer.from(random.bytes(32)).toString("hex"),
    coordinatorTerm: 0,
    nextStreamUid: 1,
    nextShardUid: 1,
    mapVersion: 0,
    ...(max > 1 && { format: METADATA_FORMAT, protocolVersion: max }),
  };
  refuseNewer(before);
  const coordinatorTerm = before.coordinatorTerm + 1;
  const cluster = { ...before, coordinatorTerm, mapVersion: coordinatorTerm * MAP_VERSIONS_PER_TERM };
  const change: StateChange = { table: "cluster", key: "cluster", value: cluster };
  await store.commit([change]);
  const tables = new ClusterTables(cluster);
  tables.apply(records);
  tables.apply([change]);
  return tables;
}

function refuseNewer(cluster: ClusterRecord): void {
  const { format = METADATA_FORMAT } = cluster;
  if (format > METADATA_FORMAT) {
    const what = `the metadata are of format ${format}, and this release reads formats up to ${METADATA_FORMAT}`;
    throw new ServiceError("USAGE", `${what}: start the release that wrote them, or a newer one`);
  }
  const refusal = lacksVersion("this coordinator", spokenProtocol(), cluster);
  if (refusal !== undefined) throw new ServiceError("USAGE", refusal);
}
