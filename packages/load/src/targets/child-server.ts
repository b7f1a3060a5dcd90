/** Starts a server as a child process and waits for a line of its output. */
import { spawn, type ChildProcess } from "node:child_process";
import { ServiceError } from "@millrace/base";

const START_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 30_000;

/** A child and the line that said it is ready. */
export interface ChildServer {
  readonly pid: number;
  readonly line: string;
  readonly stop: () => Promise<void>;
}

/** Runs node with `argv`; resolves at the first line of standard output that `isReady` accepts. */
export function startChildServer(argv: readonly string[], isReady: (line: string) => boolean): Promise<ChildServer> {
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "pipe"] });
  return new Promise((resolve, reject) => {
    let errors = "";
    let output = "";
    const fail = (why: string): void => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      reject(new ServiceError("UNAVAILABLE", `${argv.join(" ")}: ${why} ${errors}`));
    };
    const timer = setTimeout(() => fail("not ready in time"), START_TIMEOUT_MS);
    child.once("error", (error) => fail(error.message));
    child.once("exit", (code) => fail(`ended with exit code ${code}`));
    child.stderr.on("data", (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-4_096)));
    child.stdout.on("data", (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-65_536);
      const line = output.split("\n").slice(0, -1).find(isReady);
      if (line === undefined) return;
      clearTimeout(timer);
      child.removeAllListeners("exit");
      resolve({ pid: child.pid ?? 0, line, stop: () => stopChild(child) });
    });
  });
}

function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    child.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill("SIGTERM");
  });
}
