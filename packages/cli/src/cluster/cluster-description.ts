/** What a started cluster says about itself, on the screen and with `--json`. */
import { relative } from "node:path";
import type { Role } from "@millrace/runtime";

/** One process of the cluster. `id` is its lasting identity where it has one, else its name. */
export interface ProcessDescription {
  readonly role: Role | "single";
  readonly name: string;
  readonly id: string;
  readonly zone?: string;
  readonly pid: number;
  readonly endpoint: string;
  readonly adminEndpoint: string;
}

/** A cluster that serves requests: the line of `--json`. */
export interface ClusterDescription {
  readonly ready: true;
  readonly endpoint: string;
  readonly grpcEndpoint: string | null;
  readonly adminEndpoints: Readonly<Record<string, string>>;
  readonly dataDir: string;
  /** PEM file for clients to trust, when the cluster made its own certificate. */
  readonly certificateFile: string | null;
  readonly processes: readonly ProcessDescription[];
}

/** The screen of `millrace up`: what runs, where it is, what to paste next. */
export function screen(cluster: ClusterDescription, startedMs: number): string {
  const nodes = cluster.processes.filter((process) => process.role === "storage-node");
  const shape =
    nodes.length === 0
      ? "one process, one copy"
      : `${nodes.length} nodes in zones ${zonesOf(nodes)}, every record on 3`;
  const trust = cluster.certificateFile === null ? "" : `NODE_EXTRA_CA_CERTS=${cluster.certificateFile} `;
  const aim = cluster.endpoint === "http://127.0.0.1:4567" ? "" : ` --endpoint ${cluster.endpoint}`;
  const awsTrust = cluster.certificateFile === null ? "" : ` --ca-bundle ${cluster.certificateFile}`;
  return `
  Millrace is ready at ${cluster.endpoint}   (${nodes.length === 1 ? "one node, one copy" : shape}; ${(startedMs / 1000).toFixed(1)} s)
  data and logs in     ${shortPath(cluster.dataDir)}${cluster.grpcEndpoint === null ? "" : `\n  gRPC at              ${cluster.grpcEndpoint}`}

  Try, in another terminal:
    npx millrace sample access-log | ${trust}npx millrace produce access-log --create 4${aim}
    ${trust}npx millrace tail access-log --from trim-horizon --count 10${aim}
    AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x aws --region us-east-1 --endpoint-url ${cluster.endpoint}${awsTrust} kinesis list-streams

  Ctrl-C stops it; the data stays.
`;
}

function zonesOf(nodes: readonly ProcessDescription[]): string {
  return [...new Set(nodes.map((node) => node.zone ?? ""))].toSorted().join(", ");
}

function shortPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith("..") ? path : fromHere || ".";
}
