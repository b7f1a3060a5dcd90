/** Real redis-server processes for tests: on a free port, in memory, gone when disposed. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Why tests that need Redis are skipped, or undefined. */
export const redisAbsent: string | undefined =
  spawnSync("redis-server", ["--version"]).status === 0 ? undefined : "redis-server is not installed";

/** A running server. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly process: ChildProcess;
  /** Runs redis-cli against it and answers its output. */
  cli(...args: string[]): string;
  /** Ends it without a word (SIGKILL). */
  kill(): Promise<void>;
}

/** Starts a server with further `options` of redis-server, e.g. `--replicaof`. */
export async function startRedis(...options: string[]): Promise<RedisServer> {
  return await launch("redis-server", [], options);
}

/** Starts a Sentinel that watches `primary` under the name "leases" and deems it dead after a moment. */
export async function startSentinel(primary: RedisServer): Promise<RedisServer> {
  const watched = `monitor leases 127.0.0.1 ${primary.port} 1`;
  const settings = [watched, "down-after-milliseconds leases 500", "failover-timeout leases 3000"];
  return await launch(
    "redis-server",
    ["--sentinel"],
    settings.flatMap((setting) => ["--sentinel", ...setting.split(" ")]),
  );
}

async function launch(binary: string, mode: string[], options: string[]): Promise<RedisServer> {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), "millrace-redis-"));
  const common = ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory];
  const memory = mode.length > 0 ? [] : ["--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0"];
  // Sentinel rewrites its configuration file, so it needs one.
  const file = mode.length > 0 ? [join(directory, "sentinel.conf")] : [];
  if (file[0] !== undefined) spawnSync("touch", [file[0]]);
  const process = spawn(binary, [...file, ...common, ...mode, ...memory, ...options], { stdio: "ignore" });
  const exited = once(process, "exit");
  const cli = (...args: string[]): string =>
    spawnSync("redis-cli", ["-p", String(port), ...args], { encoding: "utf8" }).stdout.trim();
  async function kill(): Promise<void> {
    process.kill("SIGKILL");
    await exited;
    rmSync(directory, { recursive: true, force: true });
  }
  for (let attempt = 0; cli("ping") !== "PONG"; attempt += 1) {
    if (attempt > 200 || process.exitCode !== null) throw new Error(`redis-server does not start on ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return { port, url: `redis://127.0.0.1:${port}`, process, cli, kill, [Symbol.asyncDispose]: kill };
}

/** A port below 50000 that is free together with the Cluster bus port 10000 above it. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 20_000);
    if ((await isFree(port)) && (await isFree(port + 10_000))) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const opened = new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.once("listening", () => resolve(true));
  });
  server.listen(port, "127.0.0.1");
  const free = await opened;
  if (free) await new Promise((resolve) => server.close(resolve));
  return free;
}
