/** `millrace sample`: something to try with. */
import { Command, wholeNumber } from "../command-line.ts";
import { sampleAccessLog } from "../stream/sample-access-log.ts";
import { writeLines } from "../stream/write-lines.ts";

/** The command. */
export function sampleCommand(): Command {
  return new Command("sample")
    .description("write synthetic data to standard output; the same seed gives the same bytes")
    .addArgument(new Command().createArgument("<kind>", "what to write").choices(["access-log"]))
    .option("--lines <count>", "how many lines", wholeNumber("--lines", 1, 1_000_000_000), 10_000)
    .option("--seed <number>", "seed of the generator", wholeNumber("--seed", 0, 0xffff_ffff), 1)
    .addHelpText("after", "\nExample:\n  millrace sample access-log --lines 100000 > access.log")
    .action(async (_kind: string, options: { lines: number; seed: number }) => {
      await writeLines(process.stdout, sampleAccessLog(options.lines, options.seed));
    });
}
