/**
 * Expected failures as values: one class, one closed list of codes. The mapping to Kinesis exception
 * names and HTTP status is a table in `kinesis`; inside the cluster only these codes travel.
 */

/** Every way in which an operation inside the cluster can fail for a reason that is not a defect. */
export const serviceErrorCodes = [
  /** The node asked does not lead this shard; `leader` may name who does. Nothing was written. */
  "NOT_LEADER",
  /** The node does not hold a replica of this shard. Nothing was written. */
  "UNKNOWN_SHARD",
  /** The shard has been closed by a split, merge or delete. Nothing was written. */
  "SHARD_CLOSED",
  /** A per-shard or per-stream rate limit refused the request. Nothing was written. */
  "THROTTLED",
  /** A bounded queue or memory budget is full. Nothing was written; retry later. */
  "OVERLOADED",
  /** Free disk space is below the floor. Nothing was written; retry later. */
  "DISK_FULL",
  /** No quorum of replicas answered in time. A write may or may not have happened. */
  "NO_QUORUM",
  /** The deadline passed. A write may or may not have happened. */
  "DEADLINE",
  /** The peer process cannot be reached. A write may or may not have happened. */
  "UNAVAILABLE",
  /** Stored bytes are damaged; the replica is being repaired. */
  "DAMAGED",
  /** A compare-and-set lost against a concurrent change. */
  "CONFLICT",
  /** Two processes have no protocol version in common, or one lacks the version of the cluster. Nothing was done. */
  "VERSION",
  /** A process is not ready to serve yet. */
  "NOT_READY",
  /** A configuration, argument or file the user gave is unusable; the message says what to change. */
  "USAGE",
  /** A defect of ours. */
  "INTERNAL",
] as const;

/** A stable code of {@link serviceErrorCodes}. */
export type ServiceErrorCode = (typeof serviceErrorCodes)[number];

/** Identifiers carried by an error, e.g. `{ shard: 12, leader: "node-uuid" }`. */
export type ErrorIds = Readonly<Record<string, string | number | undefined>>;

/** An expected failure. `message` starts with the code. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  readonly code: ServiceErrorCode;
  readonly ids: ErrorIds;

  constructor(code: ServiceErrorCode, message: string, options: { cause?: unknown; ids?: ErrorIds } = {}) {
    super(`${code}: ${message}`, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.ids = options.ids ?? {};
  }

  /** The message without its code. */
  get reason(): string {
    return this.message.slice(this.code.length + 2);
  }

  /** The only thing a `catch` calls: any thrown value as a ServiceError, defects as INTERNAL. */
  static from(thrown: unknown): ServiceError {
    if (thrown instanceof ServiceError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new ServiceError("INTERNAL", message, { cause: thrown });
  }
}
