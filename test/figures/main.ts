/** `make figures`: the figures that reliability is held to, measured on this machine. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { withGeneratedSection } from "@millrace/load";
import { catchUpFigure } from "./catch-up-figure.ts";
import { failoverFigure } from "./failover-figure.ts";
import { figuresSection, type Figure } from "./figure.ts";
import { manyShardsFigure } from "./many-shards-figure.ts";
import { restartFigure } from "./restart-figure.ts";

const PARTS: Readonly<Record<string, () => Promise<Figure[]>>> = {
  failover: failoverFigure,
  "catch-up": catchUpFigure,
  shards: manyShardsFigure,
  restart: restartFigure,
};

const HELP = `Usage: make figures [PART=${Object.keys(PARTS).join("|")}] [WRITE=docs/reliability.md]

Measures what docs/reliability.md holds the cluster to; without PART everything, some fifteen minutes, and 25 GB under the temporary directory. The machine must be quiet.
`;

const { values } = parseArgs({
  options: {
    part: { type: "string", default: "" },
    write: { type: "string", default: "" },
    help: { type: "boolean", default: false },
  },
});
const chosen = Object.entries(PARTS).filter(([name]) => values.part === "" || values.part === name);
if (values.help || chosen.length === 0) {
  process.stdout.write(HELP);
  process.exit(values.help ? 0 : 2);
}
const processors = cpus();
const machine =
  `Measured with \`make figures\`, ${processors.length} × ${processors[0]?.model ?? "CPU"}, ` +
  `${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}; all processes and the load share the machine.`;
for (const [name, measure] of chosen) {
  const figures = await measure();
  for (const figure of figures) process.stdout.write(`${figure.name}: ${figure.measured} (target ${figure.target})\n`);
  if (values.write === "") continue;
  const before = existsSync(values.write) ? readFileSync(values.write, "utf8") : "# Reliability\n";
  writeFileSync(values.write, withGeneratedSection(before, "figures", figuresSection(before, figures, machine)));
  process.stdout.write(`${name} written\n`);
}
