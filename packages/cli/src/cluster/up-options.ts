/** What `millrace up` was asked for. */
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
