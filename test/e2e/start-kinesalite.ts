/** kinesalite, a Kinesis server that no one here wrote, as a child process on a free port. */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createServer, type AddressInfo } from "node:net";

/** A server that listens. */
export interface RunningKinesalite {
  readonly endpoint: string;
  readonly stop: () => Promise<void>;
}

/** Starts it with short waits for its streams. */
export async function startKinesalite(): Promise<RunningKinesalite> {
  const port = await freePort();
  const cli = createRequire(import.meta.url).resolve("kinesalite/cli.js");
  const times = ["--createStreamMs", "20", "--deleteStreamMs", "20", "--updateStreamMs", "20"];
  const child = spawn(process.execPath, [cli, "--port", String(port), "--shardLimit", "1000", ...times], {
    env: { ...process.env, NODE_OPTIONS: "" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`kinesalite ended with ${code}`)));
    child.stdout.on("data", (chunk: Buffer) => {
      if (chunk.includes("Listening")) resolve();
    });
  });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        child.once("exit", () => resolve());
        child.kill("SIGKILL");
      }),
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
