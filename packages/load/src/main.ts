/** The load generator's command: `node packages/load/dist/main.js bench`, or `bench-producer`. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ServiceError } from "@millrace/base";
import { exitCodes } from "@millrace/runtime";
import { bench } from "./bench/bench.ts";
import { baselineTable, rawBaselines } from "./bench/raw-baselines.ts";
import { benchReport } from "./bench/report.ts";
import { withGeneratedSection } from "./generated-section.ts";
import { producerBench } from "./producer-bench/producer-bench.ts";
import { producerReport } from "./producer-bench/producer-report.ts";

const HELP = `Usage: node packages/load/dist/main.js bench [options]
       node packages/load/dist/main.js bench-producer [options]

bench measures the cluster, beside kinesalite; bench-producer measures @millrace/producer, beside the AWS SDK without it.

  --seconds N        measured time of each workload and round (default 8)
  --rounds N         rounds; the median is reported (default 3)
  --raw              also measure fdatasync, JSON.parse, loopback HTTP/2 and the generator alone
  --no-kinesalite    Millrace only
  --directory DIR    where data is kept meanwhile: the disk that is measured (default: .bench)
  --write FILE       replace the generated section of a Markdown file
  --json FILE        write all results

Exit codes: ${exitCodes.clean} measured, ${exitCodes.failed} something failed, ${exitCodes.usage} wrong use.
`;

const options = {
  seconds: { type: "string", default: "8" },
  rounds: { type: "string", default: "3" },
  raw: { type: "boolean", default: false },
  "no-kinesalite": { type: "boolean", default: false },
  directory: { type: "string", default: ".bench" },
  write: { type: "string" },
  json: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

async function main(): Promise<void> {
  const { values, positionals } = parse();
  if (values.help) return void process.stdout.write(HELP);
  const [verb] = positionals;
  if (positionals.length !== 1 || (verb !== "bench" && verb !== "bench-producer")) {
    throw new ServiceError("USAGE", `say: bench or bench-producer\n${HELP}`);
  }
  const seconds = positive("--seconds", values.seconds);
  const { directory } = values;
  if (verb === "bench-producer") {
    const results = await producerBench({ seconds, rounds: positive("--rounds", values.rounds), directory, say });
    return writeOut(producerReport(results, commandLine(), new Date()), { results }, values, {
      target: "bench-producer",
      heading: "# The producer's benchmarks\n",
    });
  }
  const results = await bench({
    seconds,
    rounds: positive("--rounds", values.rounds),
    directory,
    kinesalite: !values["no-kinesalite"],
    say,
  });
  const baselines = values.raw ? await rawBaselines(directory, Math.min(seconds, 3)) : [];
  const tables = benchReport(results, commandLine(), new Date());
  const section = baselines.length === 0 ? tables : `${tables}\n\n${baselineTable(baselines)}`;
  writeOut(section, { results, baselines }, values, { target: "bench", heading: "# Benchmarks\n" });
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function commandLine(): string {
  return `node packages/load/dist/main.js ${process.argv.slice(2).join(" ")}`;
}

function writeOut(
  section: string,
  everything: object,
  { json, write }: { readonly json?: string | undefined; readonly write?: string | undefined },
  { target, heading }: { readonly target: string; readonly heading: string },
): void {
  process.stdout.write(`${section}\n`);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(everything, undefined, 2)}\n`);
  if (write === undefined) return;
  const before = existsSync(write) ? readFileSync(write, "utf8") : heading;
  writeFileSync(write, withGeneratedSection(before, target, section));
}

function parse(): ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>> {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    throw new ServiceError("USAGE", `${(error as Error).message}\n${HELP}`);
  }
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new ServiceError("USAGE", `${flag} must be a number above 0, not "${text}"`);
}

try {
  await main();
  process.exit(exitCodes.clean);
} catch (thrown) {
  const error = ServiceError.from(thrown);
  process.stderr.write(`${error.message}\n`);
  process.exit(error.code === "USAGE" ? exitCodes.usage : exitCodes.failed);
}
