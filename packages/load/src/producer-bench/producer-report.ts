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
  ["producerSmall", "batchedSmall", ""],
  ["aggregated", "batchedSmall", "≥ 3"],
  ["aggregatedGrpc", "aggregated", ""],
];

/** The generated section of docs/benchmarks-producer.md. */
export function producerReport(results: readonly WorkloadResult[], command: string, date: Date): string {
  const processors = cpus();
  const medians = mediansOf(results);
  const rateOf = (name: Workload): number => {
    const result = medians.find(({ workload }) => workload === producerWorkloads[name]);
    return result === undefined ? NaN : recordsPerSecond(result);
  };
  return [
    `Measured on ${date.toISOString().slice(0, 10)} with Node ${process.version}, ${processors.length} × ${processors[0]?.model ?? "CPU"}, ${Math.round(totalmem() / 2 ** 30)} GiB: the cluster of three nodes`,
    "and what puts share the processors. Limits are off; every record is synced on two of three copies before it counts.",
    "",
    "Repeat it with:",
    "",
    "```sh",
    command,
    "```",
    "",
    "| what puts | records/s | MB/s | p50 ms | p99 ms | failed | its own CPU, ms per 1,000 records |",
    "|---|---:|---:|---:|---:|---:|---:|",
    ...medians.map(resultRow),
    "",
    "Latency is that of a request for the SDK's calls, and from put to stored for the producer, whose buffer is kept full.",
    "",
    "| records/s of | against | ratio | wanted |",
    "|---|---|---:|---:|",
    ...claims.map(
      ([name, yardstick, wanted]) =>
        `| ${producerWorkloads[name]} | ${producerWorkloads[yardstick]} | ${(rateOf(name) / rateOf(yardstick)).toFixed(2)} | ${wanted} |`,
    ),
  ].join("\n");
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
    ((cpuMs["generator"] ?? 0) / (records / 1_000)).toFixed(1),
  ];
  return `| ${cells.join(" | ")} |`;
}
