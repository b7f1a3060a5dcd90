/** What `millrace up` does. */
export interface UpOptions {
  readonly nodes: number;
  readonly coordinators: number;
  /** Endpoints of the etcd that holds the metadata; absent: the only coordinator holds them itself. */
  readonly etcd?: readonly string[];
  readonly etcdPrefix: string;
  readonly port: number;
  readonly grpcPort?: number;
  readonly dataDir: string;
  readonly single: boolean;
  readonly limits: "aws" | "off";
  readonly tls: boolean;
  readonly json: boolean;
}

/** What `millrace up` was asked for: without a number of nodes the data directory says how many. */
export type UpRequest = Omit<UpOptions, "nodes"> & { readonly nodes?: number };
