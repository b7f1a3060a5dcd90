/** An etcd of one member for a test, as a child process on free ports. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { temporaryDirectory } from "./temporary-directory.ts";

const START_TIMEOUT_MS = 20_000;
const POLL_MS = 50;

/** A running etcd. */
export interface LaunchedEtcd {
  /** `http://127.0.0.1:port`. */
  readonly endpoint: string;
  /** Sends it a signal, e.g. SIGSTOP. */
  kill(signal: NodeJS.Signals): void;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Whether this machine has an etcd to launch (Debian: etcd-server). */
export function etcdIsInstalled(): boolean {
  return spawnSync("etcd", ["--version"], { stdio: "ignore" }).status === 0;
}

/** Starts one and waits until it is healthy. */
export async function launchEtcd(): Promise<LaunchedEtcd> {
  const directory = temporaryDirectory();
  const [client, peer] = [await freeLoopbackPort(), await freeLoopbackPort()];
  const endpoint = `http://127.0.0.1:${client}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  const child = spawn(
    "etcd",
    [
      "--name=test",
      `--data-dir=${directory.path}`,
      `--listen-client-urls=${endpoint}`,
      `--advertise-client-urls=${endpoint}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=test=${peerUrl}`,
    ],
    { stdio: "ignore" },
  );
  const stop = async (): Promise<void> => {
    await ended(child);
    directory.remove();
  };
  try {
    await healthy(endpoint, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint, kill: (signal) => void child.kill(signal), stop };
}

async function healthy(endpoint: string, child: ChildProcess): Promise<void> {
  const giveUpMs = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`etcd ended with exit code ${child.exitCode}`);
    try {
      const answer = await fetch(`${endpoint}/health`, { signal: AbortSignal.timeout(1_000) });
      if (((await answer.json()) as { health?: string }).health === "true") return;
    } catch {
      // Not listening yet.
    }
    if (performance.now() > giveUpMs) throw new Error("etcd is not healthy in time");
    await delay(POLL_MS);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

function freeLoopbackPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
