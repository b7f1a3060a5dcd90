/** `make chaos`: faults on real processes, and what became of every record. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { withGeneratedSection } from "@millrace/load";
import { chaosSection } from "./chaos-report.ts";
import { runChaos } from "./run-chaos.ts";

const HELP = `Usage: make chaos [MINUTES=10] [SEED=S] [WRITE=docs/reliability.md] [ONLY=WORDS]

Starts a cluster of real processes in a temporary directory, hurts it for that long in ways drawn from the seed, and checks
every record. The same seed draws the same faults; what the processes make of them is theirs. Exit code 1: something was
lost, reordered, invented, doubled or altered, or the cluster did not heal; logs and data are kept and their place is printed.
ONLY runs just the faults whose names contain the words.
`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: "" },
    write: { type: "string", default: "" },
    only: { type: "string", default: "" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const minutes = Number(values.minutes);
const seed = values.seed === "" ? Date.now() % 1_000_000 : Number(values.seed);
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  process.stderr.write(`MINUTES is a number above 0, SEED a whole one.\n\n${HELP}`);
  process.exit(2);
}
process.stdout.write(`seed ${seed}\n`);
const result = await runChaos({
  seconds: minutes * 60,
  seed,
  brisk: minutes < 2,
  only: values.only,
  say: (line) => process.stdout.write(`${line}\n`),
});
const section = chaosSection(result, new Date());
process.stdout.write(`\n${section}\n`);
for (const line of result.ownEnds) process.stdout.write(`ended by itself: ${line}\n`);
for (const line of result.violations) process.stdout.write(`VIOLATION ${line}\n`);
if (values.write !== "") {
  const before = existsSync(values.write) ? readFileSync(values.write, "utf8") : "# Reliability\n";
  writeFileSync(values.write, withGeneratedSection(before, "chaos", section));
}
process.exit(result.violationCount === 0 ? 0 : 1);
