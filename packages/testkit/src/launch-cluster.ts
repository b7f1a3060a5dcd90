/** A real cluster for a test: the built `millrace up --json`, with means to hurt it. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { currentProcesses, isReady, type LaunchedProcess, type ReadyLine } from "./launched-process.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const CLI = join(import.meta.dirname, "../../cli/bin/millrace.js");
const START_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 40_000;
const HEALTHY_TIMEOUT_MS = 60_000;
const POLL_MS = 50;

/** What to launch. Without `dataDir` a temporary one is used and removed by `stop`. */
export interface LaunchOptions {
  /** Absent: 3; "kept": no number is given, and every node of the directory is started. */
  readonly nodes?: number | "kept";
  readonly single?: boolean;
  /** Above 1 with `etcd`. */
  readonly coordinators?: number;
  /** Endpoint of the etcd that holds the metadata. */
  readonly etcd?: string;
  readonly limits?: "aws" | "off";
  readonly dataDir?: string;
  readonly port?: number;
  readonly tls?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** The Node.js to run it with; absent: the one that runs the test. */
  readonly nodeBinary?: string;
}

/** A cluster that serves. */
export interface LaunchedCluster {
  readonly endpoint: string;
  readonly grpcEndpoint: string | null;
  readonly dataDir: string;
  /** PEM file to trust, with `tls`. */
  readonly certificateFile: string | null;
  /** The processes with the pids they have now. */
  processes(): LaunchedProcess[];
  /** Sends `signal` (SIGKILL unless given) to every process with this id, name or role. Throws when there is none. */
  kill(which: string, signal?: NodeJS.Signals): void;
  /** Resolves when every process answers ready; throws after a minute. */
  waitHealthy(): Promise<void>;
  /** Ends the cluster as Ctrl-C does and answers its exit code. Calling it twice is harmless. */
  stop(): Promise<number | null>;
}

/** Starts a cluster on free ports. Throws with the command's own words when it does not come up. */
export async function launchCluster(options: LaunchOptions = {}): Promise<LaunchedCluster> {
  if (!existsSync(join(CLI, "../../dist/main.js"))) throw new Error("build first: npx tsc -b");
  const temporary = options.dataDir === undefined ? temporaryDirectory() : undefined;
  const dataDir = options.dataDir ?? temporary?.path ?? "";
  const child = spawn(options.nodeBinary ?? process.execPath, [CLI, "up", ...argumentsFor(options, dataDir)], {
    // Without --conditions=source and the like: the product as users run it.
    env: { ...process.env, NODE_OPTIONS: "", MILLRACE_EXIT_WITH_PARENT: "1", ...options.env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let line: ReadyLine;
  try {
    line = await readyLine(child);
  } catch (error) {
    child.kill("SIGKILL");
    temporary?.remove();
    throw error;
  }
  const processes = (): LaunchedProcess[] => currentProcesses(line);
  return {
    endpoint: line.endpoint,
    grpcEndpoint: line.grpcEndpoint,
    dataDir,
    certificateFile: line.certificateFile,
    processes,
    kill(which, signal = "SIGKILL") {
      const found = processes().filter(({ id, name, role }) => [id, name, role].includes(which));
      if (found.length === 0) throw new Error(`no process ${which}`);
      for (const { pid } of found) signalIfRunning(pid, signal);
    },
    async waitHealthy() {
      const giveUpMs = performance.now() + HEALTHY_TIMEOUT_MS;
      for (;;) {
        const unready: string[] = [];
        for (const each of processes()) if (!(await isReady(each))) unready.push(each.name);
        if (unready.length === 0) return;
        if (performance.now() > giveUpMs) throw new Error(`not ready after a minute: ${unready.join(", ")}`);
        await delay(POLL_MS);
      }
    },
    async stop() {
      // A stopped process hears no SIGTERM.
      for (const { pid } of processes()) signalIfRunning(pid, "SIGCONT");
      const code = await endChild(child);
      temporary?.remove();
      return code;
    },
  };
}

function argumentsFor(options: LaunchOptions, dataDir: string): string[] {
  return [
    "--json",
    `--port=${options.port ?? 0}`,
    `--data-dir=${dataDir}`,
    `--limits=${options.limits ?? "off"}`,
    ...(options.single === true ? ["--single"] : options.nodes === "kept" ? [] : [`--nodes=${options.nodes ?? 3}`]),
    ...(options.coordinators === undefined ? [] : [`--coordinators=${options.coordinators}`]),
    ...(options.etcd === undefined ? [] : [`--etcd=${options.etcd}`]),
    ...(options.tls === true ? ["--tls"] : []),
  ];
}

function readyLine(child: ChildProcess): Promise<ReadyLine> {
  return new Promise((resolve, reject) => {
    let output = "";
    let errors = "";
    const timer = setTimeout(() => reject(new Error(`not ready in time: ${errors}`)), START_TIMEOUT_MS);
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const end = output.indexOf("\n");
      if (end === -1) return;
      clearTimeout(timer);
      resolve(JSON.parse(output.slice(0, end)) as ReadyLine);
      output = "";
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-16_384);
    });
    child.once("error", reject);
    child.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`millrace up ended with exit code ${code}: ${errors}`));
    });
  });
}

function endChild(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    child.once("exit", (code) => {
      clearTimeout(timer);
      resolve(code);
    });
    child.kill("SIGTERM");
  });
}

function signalIfRunning(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // Already gone, which is what most callers want.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
