/**
 * The seam between the coordinator and the place where its metadata lies. One process writes; an adapter that allows
 * several coordinators guards every commit with its election and refuses a deposed writer with CONFLICT.
 */
import type { StateChange } from "../state/cluster-state.ts";

/** See the file comment. One contract suite runs against every adapter. */
export interface MetadataStore extends AsyncDisposable {
  /** Every record, as the change that puts it. */
  load(): Promise<readonly StateChange[]>;
  /**
   * All or nothing, and durable before it resolves. A rejection leaves the outcome unknown: the caller must end, since
   * its memory may no longer be what is stored.
   */
  commit(changes: readonly StateChange[]): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}
