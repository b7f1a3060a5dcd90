export { openKeyValueStore } from "./key-value-store.ts";
export type {
  KeyValueStore,
  LogEntry,
  LogRead,
  LogStore,
  LogStoreOptions,
  LogStoreStats,
  RecoveredReplica,
  SyncReport,
} from "./log-store-contract.ts";
