/** `millrace worker exec`: assembles a worker of `@millrace/worker` around a command. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { realClock, ServiceError } from "@millrace/base";
import {
  deadLetterFile,
  deadLetterStream,
  defaultConsumeOptions,
  execHandler,
  Worker,
  type ExecHandler,
  type WorkerOptions,
} from "@millrace/worker";
import { kinesisClient } from "../stream/kinesis-client.ts";
import { parseStart } from "../stream/parse-start.ts";
import { QuietRepeats } from "./quiet-repeats.ts";

/** What the command line gave. */
export interface WorkerExecOptions {
  readonly stream: readonly string[];
  readonly application: string;
  readonly redis: string;
  readonly from: string;
  readonly fanOut?: string;
  readonly processes: number;
  readonly batch: number;
  readonly parallelism: number;
  readonly attempts: number;
  readonly deadLetterFile?: string;
  readonly deadLetterStream?: string;
  readonly leaseTtl: number;
  readonly grace: number;
  readonly endpoint?: string;
  readonly region?: string;
}

/** Works until a signal. Errors: USAGE (the command cannot be started, a wrong start), CONFLICT (the leases are gone). */
export async function workerExec(words: readonly string[], options: WorkerExecOptions): Promise<void> {
  const [command = "", ...args] = words;
  const handler = execHandler({
    command,
    args,
    processes: options.processes,
    graceMs: options.grace,
    events: {
      onPrint: say,
      onExit: (why, restartInMs) => {
        if (restartInMs !== undefined)
          say(`millrace: the command ended (${why}); it is started again in ${restartInMs} ms`);
      },
    },
  });
  const client = kinesisClient(options);
  const worker = new Worker(workerOptions(handler, client, options));
  process.once("SIGINT", () => void worker.stop());
  process.once("SIGTERM", () => void worker.stop());
  try {
    await handler.start();
    await worker.run();
  } finally {
    await handler.close();
    client.destroy();
  }
}

function workerOptions(
  handler: ExecHandler,
  client: ReturnType<typeof kinesisClient>,
  options: WorkerExecOptions,
): WorkerOptions {
  if (options.deadLetterFile !== undefined && options.deadLetterStream !== undefined) {
    throw new ServiceError("USAGE", "give either --dead-letter-file or --dead-letter-stream");
  }
  if (options.deadLetterFile !== undefined && !existsSync(dirname(options.deadLetterFile))) {
    const what = `--dead-letter-file ${options.deadLetterFile}: there is no directory ${dirname(options.deadLetterFile)}`;
    throw new ServiceError("USAGE", `${what}; make it first`);
  }
  const deadLetter =
    options.deadLetterFile !== undefined
      ? deadLetterFile(options.deadLetterFile)
      : options.deadLetterStream !== undefined
        ? deadLetterStream(client, options.deadLetterStream)
        : undefined;
  const start = parseStart(options.from);
  const repeats = new QuietRepeats();
  return {
    application: options.application,
    client,
    streams: options.stream,
    handler,
    leases: { redis: options.redis },
    initialPosition:
      start.type === "AT_TIMESTAMP"
        ? { type: start.type, timestampMs: start.timestamp.getTime() }
        : { type: start.type },
    read: options.fanOut === undefined ? { kind: "polling" } : { kind: "fan-out", consumerName: options.fanOut },
    consume: {
      batchMax: options.batch,
      parallelism: options.parallelism,
      retry: { ...defaultConsumeOptions.retry, attemptsMax: options.attempts },
      ...(deadLetter === undefined ? {} : { deadLetter }),
    },
    coordination: { leaseTtlMs: options.leaseTtl },
    hooks: {
      onError: (error, task) => {
        const line = `millrace: ${task}: ${error.message}`;
        if (repeats.mayTell(line, realClock.monotonicMs())) say(line);
      },
      onEvent: (event) => {
        if (event.kind === "attempt-failed")
          say(`millrace: ${event.shardId}: attempt ${event.attempt}: ${String(event.error)}`);
        if (event.kind === "dead-lettered") say(`millrace: ${event.shardId}: ${event.records} records set aside`);
      },
    },
  };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
