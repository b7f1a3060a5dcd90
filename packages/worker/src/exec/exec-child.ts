/**
 * One command that is kept running: started again with growing waits when it ends, and ended when it does not react to
 * the cancelling of something it was asked. What it was asked when it ended fails, and is asked again by the caller.
 */
import { once } from "node:events";
import { spawn, type ChildProcess } from "node:child_process";
import { fileProblem, ServiceError, sleep, type Clock, type TimerHandle } from "@millrace/base";
import { cancelLine, helloLine, parseAnswer, type ExecAnswer } from "./exec-protocol.ts";
import { LineSplitter } from "./line-splitter.ts";

/** A command and how long it may take. */
export interface ExecCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** How long a command may take to answer what was cancelled, and to end when its input is closed. */
  readonly graceMs: number;
}

/** What happens to a command, and lines of its standard output that are no answers. */
export interface ExecEvents {
  onStart?(pid: number): void;
  /** `restartInMs` is undefined when it was asked to end. */
  onExit?(why: string, restartInMs: number | undefined): void;
  onPrint?(line: string): void;
}

const RESTART_MIN_MS = 100;
const RESTART_MAX_MS = 30_000;
/** An answer is short; more without a line end is no answer but a flood. */
const LINE_CHARACTERS_MAX = 1_048_576;

interface Question {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly handled: (count: number) => void;
}

/** How a question failed that the command answered. */
export class ExecFailure extends Error {
  override readonly name = "ExecFailure";
  readonly failedIndex: number | undefined;

  constructor(message: string, failedIndex: number | undefined) {
    super(message);
    this.failedIndex = failedIndex;
  }
}

/** See the file comment. */
export class ExecChild {
  readonly #command: ExecCommand;
  readonly #events: ExecEvents;
  readonly #clock: Clock;
  readonly #questions = new Map<number, Question>();
  #lastId = 0;
  #failures = 0;
  #running: ChildProcess | undefined;
  #starting: Promise<ChildProcess> | undefined;
  readonly #closing = new AbortController();

  constructor(command: ExecCommand, events: ExecEvents, clock: Clock) {
    this.#command = command;
    this.#events = events;
    this.#clock = clock;
  }

  /** Starts the command now rather than with the first question. Errors: USAGE when it cannot be started at all. */
  async start(): Promise<void> {
    await this.#child();
  }

  /**
   * Writes the line that `compose` makes of a new id and resolves when it is answered "done". Errors: {@link ExecFailure}, or
   * UNAVAILABLE when the command ended before, or `signal` aborted.
   */
  async ask(
    compose: (id: number) => string,
    signal: AbortSignal,
    handled: (count: number) => void = () => undefined,
  ): Promise<void> {
    const child = await this.#child();
    signal.throwIfAborted();
    const id = (this.#lastId += 1);
    const answered = new Promise<void>((resolve, reject) => {
      this.#questions.set(id, { resolve, reject, handled });
    });
    let patience: TimerHandle | undefined;
    const cancel = (): void => {
      patience = this.#cancel(id, child);
    };
    signal.addEventListener("abort", cancel, { once: true });
    try {
      // What a full pipe does not take is held here; that no more than this is asked until it is answered bounds it.
      child.stdin?.write(compose(id));
      await answered;
    } finally {
      patience?.cancel();
      signal.removeEventListener("abort", cancel);
      this.#questions.delete(id);
    }
  }

  /** Closes the command's input and waits for it to end, in the end by force. */
  async close(): Promise<void> {
    this.#closing.abort();
    const child = this.#running;
    if (child === undefined) return;
    const over = new AbortController();
    const ended = new Promise<void>((resolve) => {
      child.once("exit", () => {
        // A wait that nobody needs any more would keep the process alive.
        over.abort();
        resolve();
      });
    });
    child.stdin?.end();
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      await Promise.race([ended, sleep(this.#clock, this.#command.graceMs, over.signal)]);
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
    }
    await ended;
  }

  async #child(): Promise<ChildProcess> {
    if (this.#running !== undefined) return this.#running;
    this.#starting ??= this.#start().finally(() => (this.#starting = undefined));
    return this.#starting;
  }

  async #start(): Promise<ChildProcess> {
    if (this.#failures > 0) await sleep(this.#clock, this.#restartMs(), this.#closing.signal);
    if (this.#closing.signal.aborted) throw new ServiceError("UNAVAILABLE", "the command is being stopped");
    const { command, args, env } = this.#command;
    const child = spawn(command, [...args], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...env },
      // Ctrl-C is for the worker, which lets the command finish. Should the worker die, the command's input ends.
      detached: true,
    });
    try {
      await once(child, "spawn");
    } catch (error) {
      const next = "name a program that is on the PATH, or the path of one";
      throw new ServiceError("USAGE", `${command} cannot be started: ${fileProblem(error)}; ${next}`, { cause: error });
    }
    this.#running = child;
    child.once("exit", (code, signal) => this.#exited(signal === null ? `exit code ${code}` : `signal ${signal}`));
    // A command that ends while it is written to: its exit says all there is to say.
    child.stdin.on("error", () => undefined);
    const lines = new LineSplitter(LINE_CHARACTERS_MAX);
    child.stdout.setEncoding("utf8");
    child.stdout.on("data", (chunk: string) => {
      for (const line of lines.push(chunk)) this.#read(line);
      if (lines.isOverfull) child.kill("SIGKILL");
    });
    this.#events.onStart?.(child.pid ?? 0);
    child.stdin.write(helloLine());
    return child;
  }

  #restartMs(): number {
    return Math.min(RESTART_MAX_MS, RESTART_MIN_MS * 2 ** Math.min(this.#failures - 1, 20));
  }

  #read(line: string): void {
    const answer = parseAnswer(line);
    if (answer === undefined) return this.#events.onPrint?.(line);
    const question = this.#questions.get(answer.id);
    if (question === undefined) return undefined;
    this.#settle(question, answer);
  }

  #settle(question: Question, answer: ExecAnswer): void {
    // It understands us: whatever ended it before is over.
    this.#failures = 0;
    if (answer.type === "handled") question.handled(answer.count);
    else if (answer.type === "done") question.resolve();
    else question.reject(new ExecFailure(answer.message, answer.failedIndex));
  }

  #cancel(id: number, child: ChildProcess): TimerHandle | undefined {
    if (this.#running !== child) return undefined;
    child.stdin?.write(cancelLine(id));
    return this.#clock.schedule(this.#command.graceMs, () => {
      // Still unanswered: it hangs, and with it everything else it was asked.
      if (this.#questions.has(id) && this.#running === child) child.kill("SIGKILL");
    });
  }

  #exited(why: string): void {
    this.#running = undefined;
    this.#failures += 1;
    const error = new ServiceError("UNAVAILABLE", `the command ended: ${why}`);
    for (const question of this.#questions.values()) question.reject(error);
    this.#questions.clear();
    this.#events.onExit?.(why, this.#closing.signal.aborted ? undefined : this.#restartMs());
  }
}
