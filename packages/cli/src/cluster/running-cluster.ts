/** A cluster that serves: the common shape of several processes and of one. */
import type { ClusterDescription } from "./cluster-description.ts";
import type { TlsFiles } from "./cluster-plan.ts";
import type { UpOptions } from "./up-options.ts";

/** Options with the data directory made absolute and ports chosen, and what starting needs besides. */
export interface StartRequest {
  readonly options: UpOptions;
  readonly tls: TlsFiles | null;
  /** Tells the person at the terminal something that happens later (a child died, a child serves again). */
  readonly say: (line: string) => void;
}

/** See the file comment. */
export interface RunningCluster {
  readonly description: ClusterDescription;
  /** Ends everything in order: gateway, nodes, coordinator. */
  stop(): Promise<void>;
  /** Ends everything at once. */
  kill(): void;
}
