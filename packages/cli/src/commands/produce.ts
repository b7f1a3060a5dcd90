/** `millrace produce`: lines of a file into a stream. */
import { Command, wholeNumber } from "../command-line.ts";
import type { ProduceOptions } from "../stream/produce.ts";

const shardCount = wholeNumber("--create", 1, 10_000);

/** The command; its work is in `stream/produce.ts`. */
export function produceCommand(): Command {
  return new Command("produce")
    .description("put every line of a file (or standard input) as one record, in order for each partition key")
    .argument("<stream>", "name of the stream")
    .option("--file <path>", "file to read; standard input when absent")
    .option("--key-regex <regex>", "partition key: the first group (or the whole match) in the line")
    .option("--create <shards>", "create the stream with so many shards if it does not exist", shardCount)
    .option("--create-shards <shards>", "the same as --create", shardCount)
    .option("--endpoint <url>", "endpoint of the API (default: MILLRACE_ENDPOINT, or http://127.0.0.1:4567)")
    .option("--region <region>", "AWS region (default: AWS_REGION, or us-east-1)")
    .addHelpText(
      "after",
      `
Lines are bytes: they come back from \`millrace tail\` as they were. Lines that --key-regex does not match, and all lines
without it, get keys of their own and spread over the shards. Progress goes to standard error.

Examples:
  millrace produce access-log --file access.log --key-regex '^(\\S+)' --create 4
  tail -f app.log | millrace produce app-log`,
    )
    .action(async (stream: string, options: ProduceOptions) => {
      const { produce } = await import("../stream/produce.ts");
      await produce(stream, options);
    });
}
