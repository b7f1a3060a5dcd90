/** The producer's figures as a Markdown table, each beside what it replaces. */
import { cpus, totalmem } from "node:os";
import { mediansOf } from "../bench/report.ts";
import { megabytesPerSecond, recordsPerSecond, type WorkloadResult } from "../measure/workload-result.ts";
import { producerWorkloads, type ProducerWorkload as Workload } from "./producer-bench.ts";

/** What each claim compares, and what it has to reach. */
const claims: readonly (readonly [Workload, Workload, string])[] = [
  ["producer", "single", "≥ 20"],
  ["producer", "singles", ""],
  ["producer", "batched", "≥ 0.9"],
  ["producerGrpc", "producer", ""],
  ["producerSmall", "batchedSmall", "≥ 0.9"],
  ["aggregated", "batchedSmall", "≥ 3"],
  ["aggregatedGrpc", "aggregated", ""],
];

/** The generated section of docs/benchmarks-producer.md. */
export function producerReport(results: readonly WorkloadResult[], command: string, date: Date): string {
  const processors = cpus();
  const medians = mediansOf(results);
  const turns = results.filter(({ workload }) => workload === medians[0]?.workload).length;
  return [
    `Measured on ${date.toISOString().slice(0, 10)} with Node ${process.version}, ${processors.length} × ${processors[0]?.model ?? "CPU"}, ${Math.round(totalmem() / 2 ** 30)} GiB: the cluster of three nodes`,
    `and what puts share the processors. Limits are off; every record is synced on two of three copies before it counts. Everything took`,
    `${turns} turns, forwards and backwards in alternation; the tables show medians.`,
    "",
    "Repeat it with:",
    "",
    "```sh",
    command,
    "```",
    "",
    "| records/s of | against | ratio | lowest and highest of the turns | wanted |",
    "|---|---|---:|---:|---:|",
    ...claims.map(([name, yardstick, wanted]) => claimRow(results, name, yardstick, wanted)),
    "",
    "Each ratio is that of two measurements of the same turn.",
    "",
    "| what puts | records/s | MB/s | p50 ms | p99 ms | failed | its own CPU, µs for each record |",
    "|---|---:|---:|---:|---:|---:|---:|",
    ...medians.map(resultRow),
    "",
    "Latency is that of a request for the SDK's calls, and from put to stored for the producer, whose buffer is kept half full.",
  ].join("\n");
}

function claimRow(results: readonly WorkloadResult[], name: Workload, yardstick: Workload, wanted: string): string {
  const ratesOf = (which: Workload): number[] =>
    results.filter(({ workload }) => workload === producerWorkloads[which]).map(recordsPerSecond);
  const yardsticks = ratesOf(yardstick);
  const ratios = ratesOf(name)
    .map((rate, turn) => rate / (yardsticks[turn] as number))
    .toSorted((a, b) => a - b);
  // Of an even number of turns the worse of the middle two: a figure must not flatter.
  const median = ratios[(ratios.length - 1) >> 1] ?? NaN;
  const range = `${shown(ratios[0] ?? NaN)} … ${shown(ratios.at(-1) ?? NaN)}`;
  return `| ${producerWorkloads[name]} | ${producerWorkloads[yardstick]} | **${shown(median)}** | ${range} | ${wanted} |`;
}

function shown(ratio: number): string {
  return ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(2);
}

function resultRow(result: WorkloadResult): string {
  const { workload, latency, failed, records, cpuMs } = result;
  const cells = [
    workload,
    Math.round(recordsPerSecond(result)).toLocaleString("en-US"),
    megabytesPerSecond(result).toFixed(1),
    latency.p50Ms.toFixed(1),
    latency.p99Ms.toFixed(1),
    String(failed),
    ((1_000 * (cpuMs["generator"] ?? 0)) / records).toFixed(1),
  ];
  return `| ${cells.join(" | ")} |`;
}
