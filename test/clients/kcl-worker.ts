/** Workers of the Kinesis Client Library as processes, and what they all have printed, in the order it arrived. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { awsEnvironment } from "../e2e/run-command.ts";
import type { RunnableProgram } from "./toolchain.ts";

/** One line of a worker. A `record` has key, data and sequenceNumber; the others name a shard at most. */
export interface WorkerLine {
  readonly step:
    | "initialize"
    | "record"
    | "leaseLost"
    | "shardEnded"
    | "shutdownRequested"
    | "checkpointRefused"
    | "stopped";
  readonly worker: string;
  readonly shard?: string;
  readonly key?: string;
  readonly data?: string;
  readonly sequenceNumber?: string;
  readonly subSequenceNumber?: number;
  readonly aggregated?: boolean;
  readonly graceful?: boolean;
}

/** Keeps the library's own log to what it worries about. */
export const QUIET = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn";
const WAIT_MS = 120_000;
const ERRORS_MAX = 20_000;

/** The workers of one application. */
export class WorkerFleet {
  readonly lines: WorkerLine[] = [];
  readonly #program: RunnableProgram;
  readonly #args: readonly string[];
  readonly #children = new Map<string, ChildProcess>();
  readonly #waiting = new Set<() => void>();
  #errors = "";

  /** `args` are the program's arguments but for the worker's name, which stands where `NAME` does. */
  constructor(program: RunnableProgram, args: readonly string[]) {
    this.#program = program;
    this.#args = args;
  }

  start(name: string): void {
    const { command, args } = this.#program;
    const given = this.#args.map((each) => (each === "NAME" ? name : each));
    const child = spawn(command, [...args, ...given], { env: awsEnvironment, stdio: ["pipe", "pipe", "pipe"] });
    this.#children.set(name, child);
    child.stderr.on("data", (chunk: Buffer) => (this.#errors = (this.#errors + chunk.toString()).slice(-ERRORS_MAX)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      this.lines.push(JSON.parse(line) as WorkerLine);
      for (const look of this.#waiting) look();
    });
  }

  /** Ends a worker with no chance to say good-bye. */
  async kill(name: string): Promise<void> {
    const child = this.#children.get(name);
    this.#children.delete(name);
    if (child === undefined) throw new Error(`no worker ${name}`);
    child.kill("SIGKILL");
    await once(child, "close");
  }

  /** Asks every worker to stop and waits until it has. */
  async stop(): Promise<void> {
    const children = [...this.#children.values()];
    this.#children.clear();
    await Promise.all(
      children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const closed = once(child, "close");
        child.stdin?.end();
        await closed;
      }),
    );
  }

  /** Kills what still runs. */
  destroy(): void {
    for (const child of this.#children.values()) child.kill("SIGKILL");
    this.#children.clear();
  }

  /** The shards a worker reads now, by what it has said. */
  shardsOf(worker: string): string[] {
    const open = new Set<string>();
    for (const line of this.lines) {
      if (line.worker !== worker || line.shard === undefined) continue;
      if (line.step === "initialize") open.add(line.shard);
      else if (line.step === "leaseLost" || line.step === "shardEnded") open.delete(line.shard);
    }
    return [...open];
  }

  /** Waits until `holds` for what has been printed; throws after two minutes with what the workers complained of. */
  waitFor(what: string, holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!holds()) return;
        finish();
        resolve();
      };
      const timer = setTimeout(() => {
        finish();
        const counts = new Map<string, number>();
        for (const { worker, step, shard } of this.lines) {
          const name = `${worker} ${step} ${shard ?? ""}`;
          counts.set(name, (counts.get(name) ?? 0) + 1);
        }
        reject(new Error(`waited for ${what}: ${JSON.stringify([...counts])}\n${this.#errors}`));
      }, WAIT_MS);
      const finish = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
      };
      this.#waiting.add(look);
      look();
    });
  }
}
