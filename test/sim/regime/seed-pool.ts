/** Runs seeds in several processes side by side, one for each processor, and says how far it is. */
import { fork, type ChildProcess } from "node:child_process";
import { availableParallelism } from "node:os";
import { assert } from "@millrace/base";
import { addTally, type SeedAnswer, type SeedJob, type SeedOrder, type SeedReport, type Tally } from "./seed-job.ts";
import { writeSeedProgram } from "./seed-program.ts";

const PROGRESS_EVERY_MS = 10_000;
/** Seeds of the core take a millisecond each: they are handed out by the hundred. */
const CORE_SEEDS_AT_ONCE = 200;
/**
 * Whole clusters a process runs before another takes its place: a simulated process that is killed never lets go of what Node
 * keeps for it (signals that something listens to), some 20 MB a seed.
 */
const CLUSTERS_PER_PROCESS = 40;
/** Most of what a seed makes is garbage after a few events: in a larger nursery less of it is copied. */
const NODE_OPTIONS = ["--enable-source-maps", "--max-semi-space-size=64"];

/** Which seeds. */
export interface SeedRange {
  readonly firstSeed: number;
  readonly count: number;
}

/** What a range of seeds came to. `failure` is the first one heard of; no seed is begun after it. */
export interface SeedOutcome {
  readonly clean: number;
  readonly tally: Tally;
  readonly seedsPerMinute: number;
  readonly failure: SeedReport | undefined;
}

/** See the file comment. */
export class SeedPool implements Disposable {
  readonly #start: () => ChildProcess;
  readonly #tell: (line: string) => void;
  readonly #children: ChildProcess[];

  private constructor(start: () => ChildProcess, tell: (line: string) => void) {
    this.#start = start;
    this.#tell = tell;
    this.#children = Array.from({ length: availableParallelism() }, start);
  }

  /** Starts the processes. `tell` gets a line of progress now and then. */
  static async open(tell: (line: string) => void): Promise<SeedPool> {
    const program = await writeSeedProgram();
    const start = (): ChildProcess => fork(program, { execArgv: NODE_OPTIONS });
    return new SeedPool(start, tell);
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill();
  }

  /** Runs all seeds of `range`, or all up to the first failure. Rejects when a process ends by itself. */
  async run(job: SeedJob, range: SeedRange): Promise<SeedOutcome> {
    const progress = new Progress(range.count, this.#tell);
    const end = range.firstSeed + range.count;
    let next = range.firstSeed;
    let failure: SeedReport | undefined;
    const keepBusy = async (index: number): Promise<void> => {
      for (let orders = 0; next < end && failure === undefined; orders += 1) {
        if (job.kind === "cluster" && orders > 0 && orders % CLUSTERS_PER_PROCESS === 0) this.#replace(index);
        const child = this.#children[index];
        assert(child !== undefined, "every place has its process");
        const count = Math.min(job.kind === "core" ? CORE_SEEDS_AT_ONCE : 1, end - next);
        const order = { job, firstSeed: next, count };
        next += count;
        const answer = await ask(child, order);
        if (answer.type === "failed") failure ??= answer.failure;
        else progress.add(answer.count, answer.tally);
      }
    };
    await Promise.all([...this.#children.keys()].map(keepBusy));
    return { ...progress.outcome(), failure };
  }

  #replace(index: number): void {
    this.#children[index]?.kill();
    this.#children[index] = this.#start();
  }
}

/** A failed seed as text, ending with the command that replays it. */
export function describeFailure({ seed, what, transcript, replay }: SeedReport, linesMax: number): string {
  return `${transcript.slice(-linesMax).join("\n")}\n${what}\nseed ${seed} failed\nreplay with: ${replay}\n`;
}

function ask(child: ChildProcess, order: SeedOrder): Promise<SeedAnswer> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`a process that runs seeds ended with ${code}`));
    child.once("exit", ended);
    child.once("message", (answer) => {
      child.off("exit", ended);
      resolve(answer as SeedAnswer);
    });
    child.send(order);
  });
}

/** How far it is, how fast, and how long it will take. */
class Progress {
  readonly #count: number;
  readonly #tell: (line: string) => void;
  readonly #startedMs = performance.now();
  readonly #tally: Record<string, number> = {};
  #toldMs = this.#startedMs;
  #clean = 0;

  constructor(count: number, tell: (line: string) => void) {
    this.#count = count;
    this.#tell = tell;
  }

  add(count: number, tally: Tally): void {
    this.#clean += count;
    addTally(this.#tally, tally);
    const nowMs = performance.now();
    if (nowMs - this.#toldMs < PROGRESS_EVERY_MS) return;
    this.#toldMs = nowMs;
    const leftSeconds = Math.ceil(((this.#count - this.#clean) / this.#seedsPerMinute()) * 60);
    this.#tell(
      `${this.#clean} of ${this.#count} seeds clean, ${this.#seedsPerMinute().toFixed(0)} seeds a minute, about ${leftSeconds} s left`,
    );
  }

  outcome(): Omit<SeedOutcome, "failure"> {
    return { clean: this.#clean, tally: this.#tally, seedsPerMinute: this.#seedsPerMinute() };
  }

  #seedsPerMinute(): number {
    return (this.#clean / (performance.now() - this.#startedMs)) * 60_000;
  }
}
