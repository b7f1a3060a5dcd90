/** One process of a cluster, run from the built product: started, hurt, kept down, started again. */
import { fork, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";

const PACKAGES = join(import.meta.dirname, "../../..");
const RESTART_MIN_MS = 100;
const RESTART_MAX_MS = 5_000;
const STABLE_AFTER_MS = 10_000;
const STOP_DEADLINE_MS = 20_000;
/** As `millrace up` runs them. */
const NODE_FLAGS = ["--max-semi-space-size=64", "--no-incremental-marking"];

/** What to run. */
export interface ClusterProcessOptions {
  readonly role: "coordinator" | "storage-node" | "gateway";
  /** Unique in the cluster, e.g. `node-2`. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly adminPort: number;
}

/** See the file comment. It is started again whenever it ends, unless it is kept down. */
export class ClusterProcess {
  readonly options: ClusterProcessOptions;
  /** Times it ended although nobody here ended it, with how. */
  readonly ownEnds: string[] = [];
  #env: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #wanted = false;
  #expectedEnd = false;
  #restartMs = RESTART_MIN_MS;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ClusterProcessOptions) {
    this.options = options;
    this.#env = options.env;
  }

  /** The pid of now; undefined while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it unless it runs, and from then on again whenever it ends. */
  start(): void {
    this.#wanted = true;
    clearTimeout(this.#timer);
    if (this.#child === undefined) this.#spawn();
  }

  /** From its next start on its environment has these variables too; undefined takes one away. */
  setEnvironment(env: Readonly<Record<string, string | undefined>>): void {
    const merged = Object.entries({ ...this.#env, ...env }).filter((entry): entry is [string, string] => !!entry[1]);
    this.#env = Object.fromEntries(merged);
  }

  /** SIGKILL. It is started again at once. */
  kill(): void {
    this.#expectedEnd = true;
    this.#child?.kill("SIGKILL");
  }

  /** SIGKILL, and down until {@link start}. Resolves when it is gone. */
  async keepDown(): Promise<void> {
    this.#wanted = false;
    clearTimeout(this.#timer);
    await this.#end("SIGKILL");
  }

  /** SIGTERM, down until {@link start}. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#wanted = false;
    clearTimeout(this.#timer);
    this.resume();
    const killer = setTimeout(() => this.#child?.kill("SIGKILL"), STOP_DEADLINE_MS);
    await this.#end("SIGTERM");
    clearTimeout(killer);
  }

  /** SIGSTOP. */
  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  /** SIGCONT. */
  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  /** Whether it answers that it can serve. */
  async isReady(): Promise<boolean> {
    try {
      const url = `http://127.0.0.1:${this.options.adminPort}/health/ready`;
      return (await fetch(url, { signal: AbortSignal.timeout(1_000) })).ok;
    } catch {
      // Refused, reset or hung: not ready.
      return false;
    }
  }

  /** The sum of a metric over all its labels; undefined when it cannot be had now. `name` is without the prefix. */
  async metric(name: string): Promise<number | undefined> {
    try {
      const url = `http://127.0.0.1:${this.options.adminPort}/metrics`;
      const text = await (await fetch(url, { signal: AbortSignal.timeout(2_000) })).text();
      const lines = text.split("\n").filter((line) => new RegExp(`^millrace_${name}[{ ]`).test(line));
      return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
    } catch {
      // Down or hung.
      return undefined;
    }
  }

  #spawn(): void {
    const { role, argv, logFile } = this.options;
    const log = openSync(logFile, "a");
    const child = fork(join(PACKAGES, role, "dist/main.js"), argv, {
      execArgv: NODE_FLAGS,
      stdio: ["ignore", log, log, "ipc"],
      env: { ...process.env, NODE_OPTIONS: "", MILLRACE_EXIT_WITH_PARENT: "1", ...this.#env },
    });
    closeSync(log);
    this.#child = child;
    this.#expectedEnd = false;
    const startedMs = performance.now();
    child.once("exit", (code, signal) => {
      this.#child = undefined;
      if (!this.#expectedEnd) this.ownEnds.push(signal ?? `exit code ${code}`);
      if (!this.#wanted) return;
      if (performance.now() - startedMs > STABLE_AFTER_MS) this.#restartMs = RESTART_MIN_MS;
      this.#timer = setTimeout(() => this.start(), this.#restartMs);
      this.#restartMs = Math.min(this.#restartMs * 2, RESTART_MAX_MS);
    });
  }

  #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#expectedEnd = true;
    if (child === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      child.once("exit", () => resolve());
      child.kill(signal);
    });
  }
}
