/** What `millrace up` was asked for. */
export interface UpOptions {
  readonly nodes: number;
  readonly port: number;
  readonly grpcPort?: number;
  readonly dataDir: string;
  readonly single: boolean;
  readonly limits: "aws" | "off";
  readonly tls: boolean;
  readonly json: boolean;
}
