export {
  parseCheckpoint,
  formatCheckpoint,
  type Checkpoint,
  type InitialPosition,
  type RecordPosition,
} from "./lease/checkpoint.ts";
export type { Lease, LeasedShard, LeaseKey } from "./lease/lease.ts";
export type { LeaseStore } from "./lease/lease-store.ts";
export type { LeaseEvents, LeaseSession, SessionEnd, ShardConsumer } from "./lease/lease-session.ts";
