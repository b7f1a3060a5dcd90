/** What the life cycle must know of the cluster beyond the stored state. */

/** The close record of a shard in `closing` is committed. */
export interface ClosedReport {
  readonly shardUid: number;
  /** Offset after the last record. */
  readonly endOffset: number;
  /** Arrival time of the close record. */
  readonly closedMs: number;
}

/** Facts of one call of `advance`. */
export interface LifecycleFacts {
  /** By shard uid. Every report known of a shard that is still `closing`, in every call until it is `closed`. */
  readonly closedReports: ReadonlyMap<number, ClosedReport>;
  /** Another clock shows this coordinator's time: it may judge what is old. */
  readonly clockAgrees: boolean;
}
