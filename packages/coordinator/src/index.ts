export type * from "./control/control-operation.ts";
export type { FinalizedVersion } from "./operate/finalize-version.ts";
export type * from "./operate/operate-contract.ts";
export type { CopyReport } from "./service/shard-reports.ts";
export type * from "./state/cluster-state.ts";
export { openEmbeddedMetadataStore } from "./store/embedded-metadata-store.ts";
export type { Mandate, MetadataElection } from "./store/metadata-election.ts";
export { openMemoryMetadataStore } from "./store/memory-metadata-store.ts";
export type { MetadataStore } from "./store/metadata-store.ts";
export { startCoordinator, type CoordinatorOptions, type RunningCoordinator } from "./start-coordinator.ts";
export { etcdOptions } from "./store/etcd-options.ts";
export { decodeMetadataFile, encodeMetadataFile } from "./store/metadata-file.ts";
export {
  compareMetadata,
  moveMetadata,
  readMetadata,
  requireEtcd,
  writeMetadata,
  type EtcdPlace,
  type MetadataPlace,
  type StoredRecords,
} from "./store/metadata-transfer.ts";
