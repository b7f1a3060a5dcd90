/** A three-node cluster of the built command, limits off, three synced copies. */
import { join } from "node:path";
import { startChildServer } from "./child-server.ts";
import type { Target } from "./target.ts";

const CLI = join(import.meta.dirname, "../../../cli/bin/millrace.js");

interface ReadyLine {
  readonly endpoint: string;
  readonly grpcEndpoint: string;
  readonly processes: readonly { name: string; pid: number }[];
}

/** Starts it on a free port with its data in `dataDir`. */
export async function startMillrace(dataDir: string): Promise<Target> {
  const argv = [CLI, "up", "--json", "--limits", "off", "--port", "0", "--data-dir", dataDir];
  const server = await startChildServer(argv, (line) => line.startsWith("{"));
  const { endpoint, grpcEndpoint, processes } = JSON.parse(server.line) as ReadyLine;
  const port = Number(new URL(endpoint).port);
  return { name: "Millrace", port, grpcAddress: grpcEndpoint, processes, fanOut: true, stop: server.stop };
}
