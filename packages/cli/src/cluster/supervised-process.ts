/**
 * One child process of `millrace up`: forked, awaited until it serves, started again when it dies. The child keeps its
 * arguments (so its port and data) over restarts. It runs in its own process group: a Ctrl-C in the terminal reaches
 * only `up`, which then stops the children in order.
 */
import { fork, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ServiceError } from "@millrace/base";
import { exitCodes, type ReadyMessage, type Role } from "@millrace/runtime";
import { allocatorEnvironment, nodeFlagsOf } from "./process-tuning.ts";

const RESTART_DELAY_MIN_MS = 100;
const RESTART_DELAY_MAX_MS = 5_000;
/** A child that has run this long starts over with the shortest delay. */
const STABLE_AFTER_MS = 10_000;
const STOP_DEADLINE_MS = 16_000;
const LOG_TAIL_BYTES = 4_096;
/** What to run and where its output goes. */
export interface SupervisedOptions {
  readonly role: Role;
  /** Unique in the cluster, e.g. `node-2`. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly logFile: string;
  /** Called whenever the child serves, first time and after each restart, and when it has died. */
  readonly onChange: (event: string) => void;
  /** Called when the child ended for good because it was decommissioned. */
  readonly onRetired: () => void;
}

/** See the file comment. */
export class SupervisedProcess {
  readonly options: SupervisedOptions;
  #child: ChildProcess | undefined;
  #ready: ReadyMessage | undefined;
  #served = false;
  #stopping = false;
  #retired = false;
  #restartDelayMs = RESTART_DELAY_MIN_MS;
  #restartTimer: NodeJS.Timeout | undefined;

  constructor(options: SupervisedOptions) {
    this.options = options;
  }

  /** What the child last said about itself; undefined while it is not serving. */
  get ready(): ReadyMessage | undefined {
    return this.#ready;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Ended because it was decommissioned, and not to be started again. */
  get retired(): boolean {
    return this.#retired;
  }

  /**
   * Starts the child. Resolves when it serves, or with undefined when it is {@link retired} before that; errors: UNAVAILABLE
   * with the child's last words when it does neither.
   */
  start(timeoutMs: number): Promise<ReadyMessage | undefined> {
    return new Promise((resolve, reject) => {
      const { name, logFile } = this.options;
      const fail = (why: string): void => {
        clearTimeout(timer);
        this.#stopping = true;
        reject(new ServiceError("UNAVAILABLE", `${name} ${why}${lastWords(logFile)} (log: ${logFile})`));
      };
      const timer = setTimeout(() => fail(`was not ready within ${timeoutMs / 1000} s`), timeoutMs);
      const child = this.#spawn((message) => {
        clearTimeout(timer);
        resolve(message);
      });
      child.once("exit", (code, signal) => {
        if (this.#retired) {
          clearTimeout(timer);
          resolve(undefined);
        } else if (!this.#served) fail(`ended before it was ready (${signal ?? `exit code ${code}`})`);
      });
    });
  }

  /** Ends the child with SIGTERM, after a deadline with SIGKILL. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restartTimer);
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_DEADLINE_MS);
    child.kill("SIGTERM");
    await gone;
    clearTimeout(timer);
  }

  /** Ends the child at once. */
  kill(): void {
    this.#stopping = true;
    clearTimeout(this.#restartTimer);
    this.#child?.kill("SIGKILL");
  }

  #spawn(onReady: (message: ReadyMessage) => void): ChildProcess {
    const { role, argv, logFile } = this.options;
    const log = openSync(logFile, "a");
    const child = fork(mainOf(role), argv, {
      execArgv: [...process.execArgv, ...nodeFlagsOf(role)],
      detached: true,
      stdio: ["ignore", log, log, "ipc"],
      env: { ...allocatorEnvironment, ...process.env, MILLRACE_EXIT_WITH_PARENT: "1" },
    });
    closeSync(log);
    this.#child = child;
    this.#ready = undefined;
    const startedMs = performance.now();
    child.on("message", (message) => {
      if (!isReady(message)) return;
      const again = this.#served;
      this.#served = true;
      this.#ready = message;
      onReady(message);
      this.options.onChange(again ? "serves again" : "serves");
    });
    child.once("exit", (code, signal) => {
      if (code === exitCodes.retired) {
        this.#retired = true;
        this.#ready = undefined;
        this.options.onRetired();
        return;
      }
      // Until it first serves, `start` reports the failure and nothing is tried again.
      if (this.#served)
        this.#died(startedMs, signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`);
    });
    return child;
  }

  #died(startedMs: number, how: string): void {
    this.#ready = undefined;
    if (this.#stopping) return;
    if (performance.now() - startedMs > STABLE_AFTER_MS) this.#restartDelayMs = RESTART_DELAY_MIN_MS;
    const delayMs = this.#restartDelayMs;
    this.#restartDelayMs = Math.min(delayMs * 2, RESTART_DELAY_MAX_MS);
    this.options.onChange(`${how}; starting it again in ${delayMs} ms`);
    this.#restartTimer = setTimeout(() => this.#spawn(() => undefined), delayMs);
  }
}

/** The compiled entry point of a process, beside the package's index. */
function mainOf(role: Role): string {
  return fileURLToPath(new URL("./main.js", import.meta.resolve(`@millrace/${role}`)));
}

function isReady(message: unknown): message is ReadyMessage {
  return typeof message === "object" && message !== null && (message as { type?: unknown }).type === "ready";
}

/** The message of the last error in a log, for a person who should not have to look there. */
function lastWords(logFile: string): string {
  const lines = readFileSync(logFile, "utf8").slice(-LOG_TAIL_BYTES).trimEnd().split("\n");
  const last = lines.at(-1) ?? "";
  try {
    const { error, msg } = JSON.parse(last) as { error?: { message?: string }; msg?: string };
    return `: ${error?.message ?? msg ?? last}`;
  } catch {
    // Not one of our log lines: what Node printed when it could not even load the program.
    return last === "" ? "" : `: ${lines.slice(-8).join("\n  ")}`;
  }
}
