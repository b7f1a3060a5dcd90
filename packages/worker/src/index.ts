export { Worker, type WorkerHooks, type WorkerOptions } from "./worker.ts";
export {
  formatCheckpoint,
  parseCheckpoint,
  type Checkpoint,
  type InitialPosition,
  type RecordPosition,
} from "./lease/checkpoint.ts";
export { leaseKey, type Lease, type LeasedShard, type LeaseKey, type PreparedCheckpoint } from "./lease/lease.ts";
export type {
  AcquireAnswer,
  AcquireRefusal,
  CheckpointAnswer,
  CheckpointRequest,
  LeaseStore,
  LeaseView,
  NewLease,
  RenewAnswer,
  RenewRequest,
  WorkerPresence,
} from "./lease/lease-store.ts";
export type { LeaseEvents, LeaseSession, SessionEnd, ShardConsumer } from "./lease/lease-session.ts";
export { BatchFailure } from "./handler/handler.ts";
export type {
  BatchContext,
  BatchHandler,
  ConsumedRecord,
  Handler,
  RecordHandler,
  ShardCallbacks,
  ShardContext,
} from "./handler/handler.ts";
export type { RetryOptions } from "./handler/attempt-plan.ts";
export type { ConsumeEvent, ConsumeHappening, ConsumeObserver } from "./handler/consume-event.ts";
export {
  defaultConsumeOptions,
  shardConsumer,
  type ConsumeOptions,
  type ConsumeParts,
} from "./handler/shard-consumer.ts";
export { recordSources, type OpenSource, type ReadMode } from "./kinesis/record-sources.ts";
export type { FetchedBatch, FetchedRecord, RecordSource } from "./consume/record-source.ts";
export type { PollingOptions } from "./consume/polling-source.ts";
export type { DeadLetter, DeadLetterSink } from "./dead-letter/dead-letter.ts";
export { deadLetterFile } from "./dead-letter/dead-letter-file.ts";
export { deadLetterStream } from "./kinesis/dead-letter-stream.ts";
export { execHandler, type ExecHandler, type ExecOptions } from "./exec/exec-handler.ts";
export type { ExecEvents } from "./exec/exec-child.ts";
export { MemoryLeaseStore } from "./lease/memory-lease-store.ts";
export { redisLeaseStore, type RedisLeaseStoreOptions } from "./redis/redis-lease-store.ts";
export type { RedisTarget } from "./redis/redis-connection.ts";
export { LeaseHost, type HostEnd, type LeaseHostEvents, type LeaseHostOptions } from "./coordination/lease-host.ts";
export {
  coordinatorDefaults,
  type CoordinatorSettings,
  type LeasedStream,
  type ListedShard,
} from "./coordination/coordinator-contract.ts";
