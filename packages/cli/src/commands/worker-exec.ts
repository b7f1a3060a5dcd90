/** `millrace worker exec`: a worker whose handler is a command of any language. */
import { Command, wholeNumber } from "../command-line.ts";
import type { WorkerExecOptions } from "../worker/worker-exec.ts";

/** The command group; its work is in `worker/worker-exec.ts`. */
export function workerCommand(): Command {
  return new Command("worker").description("consume streams").addCommand(execCommand());
}

function execCommand(): Command {
  return new Command("exec")
    .description("hand the records of a stream to a command, as JSON lines on its standard input")
    .argument("<command...>", "the command and its arguments, after --")
    .requiredOption("--stream <name...>", "stream to read, by name or ARN; may be given several times")
    .requiredOption("--application <name>", "workers of the same application share the shards")
    .option("--redis <url>", "where leases and checkpoints are kept", "redis://127.0.0.1:6379")
    .option("--from <start>", "where to begin without a checkpoint: trim-horizon, latest, or a time", "trim-horizon")
    .option("--fan-out <consumer>", "read by enhanced fan-out as this registered consumer, instead of polling")
    .option("--processes <count>", "commands side by side", wholeNumber("--processes", 1, 256), 1)
    .option("--batch <records>", "records in one message", wholeNumber("--batch", 1, 10_000), 500)
    .option("--parallelism <count>", "messages at a time within a shard", wholeNumber("--parallelism", 1, 256), 1)
    .option("--attempts <count>", "attempts before a batch is halved", wholeNumber("--attempts", 1, 1_000), 3)
    .option("--dead-letter-file <path>", "where records go whose attempts are used up; else they are tried for ever")
    .option("--dead-letter-stream <name>", "the same, as records of a stream")
    .option(
      "--lease-ttl <ms>",
      "a worker not heard of for so long loses its shards",
      wholeNumber("--lease-ttl", 3_000, 3_600_000),
      10_000,
    )
    .option(
      "--grace <ms>",
      "time for the command to answer a cancel, and to end",
      wholeNumber("--grace", 100, 600_000),
      10_000,
    )
    .option("--endpoint <url>", "endpoint of the API (default: MILLRACE_ENDPOINT, or http://127.0.0.1:4567)")
    .option("--region <region>", "AWS region (default: AWS_REGION, or us-east-1)")
    .addHelpText(
      "after",
      `
The protocol is described in docs/formats/worker-exec.md. Ctrl-C drains the shards and gives them to other workers.

Example:
  millrace worker exec --stream visits --application count -- python3 count.py`,
    )
    .action(async (command: string[], options: WorkerExecOptions) => {
      const { workerExec } = await import("../worker/worker-exec.ts");
      await workerExec(command, options);
    });
}
