/** kinesalite, the yardstick: one process, one copy in memory, nothing synced. */
import { createRequire } from "node:module";
import { createServer, type AddressInfo } from "node:net";
import { startChildServer } from "./child-server.ts";
import type { Target } from "./target.ts";

/** Starts the version in package.json on a free port. */
export async function startKinesalite(): Promise<Target> {
  const port = await freePort();
  const cli = createRequire(import.meta.url).resolve("kinesalite/cli.js");
  const settings = ["--createStreamMs", "50", "--deleteStreamMs", "50", "--shardLimit", "1000"];
  const server = await startChildServer([cli, "--port", String(port), ...settings], (line) =>
    line.includes("Listening"),
  );
  return {
    name: "kinesalite",
    port,
    processes: [{ name: "kinesalite", pid: server.pid }],
    fanOut: false,
    stop: server.stop,
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
