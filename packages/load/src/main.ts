/** The load generator's command: `node packages/load/dist/main.js bench`. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ServiceError } from "@millrace/base";
import { exitCodes } from "@millrace/runtime";
import { bench } from "./bench/bench.ts";
import { baselineTable, rawBaselines } from "./bench/raw-baselines.ts";
import { benchReport, withGeneratedSection } from "./bench/report.ts";

const HELP = `Usage: node packages/load/dist/main.js bench [options]

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
  if (positionals.length !== 1 || positionals[0] !== "bench") throw new ServiceError("USAGE", `say: bench\n${HELP}`);
  const seconds = positive("--seconds", values.seconds);
  const { directory } = values;
  const results = await bench({
    seconds,
    rounds: positive("--rounds", values.rounds),
    directory,
    kinesalite: !values["no-kinesalite"],
    say: (line) => process.stderr.write(`${line}\n`),
  });
  const baselines = values.raw ? await rawBaselines(directory, Math.min(seconds, 3)) : [];
  const command = `node packages/load/dist/main.js ${process.argv.slice(2).join(" ")}`;
  const tables = benchReport(results, command, new Date());
  const section = baselines.length === 0 ? tables : `${tables}\n\n${baselineTable(baselines)}`;
  process.stdout.write(`${section}\n`);
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify({ results, baselines }, undefined, 2)}\n`);
  if (values.write === undefined) return;
  const before = existsSync(values.write) ? readFileSync(values.write, "utf8") : "# Benchmarks\n";
  writeFileSync(values.write, withGeneratedSection(before, section));
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
