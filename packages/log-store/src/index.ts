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
export type { Disk, DiskFile } from "./disk/disk.ts";
export { nodeDisk } from "./disk/node-disk.ts";
export type { KeyValueChange, KeyValuePair, OpenDatabase, OrderedDatabase, RangeQuery } from "./ordered-database.ts";
export { type LogStoreSeams, openLogStore } from "./log-store.ts";
