/** `millrace tail`: the records of a stream on standard output. */
import { Command, wholeNumber } from "../command-line.ts";
import type { TailOptions } from "../stream/tail.ts";

/** The command; its work is in `stream/tail.ts`. */
export function tailCommand(): Command {
  return new Command("tail")
    .description("print the records of all shards, one line each, in order within every shard")
    .argument("<stream>", "name of the stream")
    .option("--from <start>", "trim-horizon, latest, or a time such as 2026-01-31T12:00:00Z", "latest")
    .option("--count <records>", "stop after so many", wholeNumber("--count", 1, Number.MAX_SAFE_INTEGER))
    .option("--shard <id>", "only this shard")
    .option("--json", "one JSON object a record: shard, sequence number, key, arrival time, data", false)
    .option("--endpoint <url>", "endpoint of the API (default: MILLRACE_ENDPOINT, or http://127.0.0.1:4567)")
    .option("--region <region>", "AWS region (default: AWS_REGION, or us-east-1)")
    .addHelpText(
      "after",
      `
Follows splits and merges: a child shard is printed after its parents. Without --count it runs until Ctrl-C.

Examples:
  millrace tail access-log --from trim-horizon --count 10
  millrace tail access-log --json | jq -r .partitionKey`,
    )
    .action(async (stream: string, options: TailOptions) => {
      const { tail } = await import("../stream/tail.ts");
      await tail(stream, options);
    });
}
