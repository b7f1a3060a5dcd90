/** The results as Markdown tables. Of several rounds the median by rate is shown. */
import { cpus, totalmem } from "node:os";
import { megabytesPerSecond, recordsPerSecond, type WorkloadResult } from "../measure/workload-result.ts";

/** What the path was designed to cost, in CPU milliseconds per MB of record data put by PutRecords. */
const PUT_RECORDS_BUDGET_MS: Readonly<Record<string, string>> = { gateway: "≤ 14", "storage nodes together": "≤ 24" };

/** The generated section of docs/benchmarks.md. */
export function benchReport(results: readonly WorkloadResult[], command: string, date: Date): string {
  const processors = cpus();
  const lines = [
    `Measured on ${date.toISOString().slice(0, 10)} with Node ${process.version}, ${processors.length} × ${processors[0]?.model ?? "CPU"}, ${Math.round(totalmem() / 2 ** 30)} GiB, everything on`,
    "that one machine: generator, servers and clients share the processors. Millrace keeps three synced copies, kinesalite one in memory.",
    "",
    "Repeat it with:",
    "",
    "```sh",
    command,
    "```",
    "",
    "| workload | target | records/s | MB/s | p50 ms | p99 ms | p99.9 ms | failed | against kinesalite |",
    "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ...mediansOf(results).map((result, _, all) => resultRow(result, all)),
    "",
    "CPU milliseconds per MB of record data, by process (for small puts and fan-out: per 1,000 records):",
    "",
    "| workload | target | process | CPU ms | budget |",
    "|---|---|---|---:|---:|",
    ...mediansOf(results).flatMap(cpuRows),
  ];
  return lines.join("\n");
}

/** Of several rounds of each workload and target the median by rate. */
export function mediansOf(results: readonly WorkloadResult[]): WorkloadResult[] {
  const groups = new Map<string, WorkloadResult[]>();
  for (const result of results) {
    const key = `${result.workload}|${result.target}`;
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups.values()].map((group) => {
    const sorted = group.toSorted((a, b) => recordsPerSecond(a) - recordsPerSecond(b));
    // Of an even number of rounds the worse of the middle two: a figure must not flatter.
    return sorted[Math.floor((sorted.length - 1) / 2)] as WorkloadResult;
  });
}

function resultRow(result: WorkloadResult, all: readonly WorkloadResult[]): string {
  const { workload, target, latency, failed } = result;
  const yardstick = all.find((other) => other.workload === workload && other.target === "kinesalite");
  const compared = yardstick === undefined || yardstick === result;
  const ratio = compared ? "–" : `${(recordsPerSecond(result) / recordsPerSecond(yardstick)).toFixed(2)} ×`;
  const cells = [
    workload,
    target,
    Math.round(recordsPerSecond(result)).toLocaleString("en-US"),
    result.bytes === 0 ? "–" : megabytesPerSecond(result).toFixed(1),
    latency.p50Ms.toFixed(1),
    latency.p99Ms.toFixed(1),
    latency.p999Ms.toFixed(1),
    String(failed),
    ratio,
  ];
  return `| ${cells.join(" | ")} |`;
}

function cpuRows(result: WorkloadResult): string[] {
  const small = result.bytes / Math.max(result.records, 1) < 500;
  const units = small ? result.records / 1_000 : result.bytes / 1e6;
  const entries = Object.entries(result.cpuMs);
  const nodes = entries.filter(([name]) => name.startsWith("node-"));
  const sum = nodes.reduce((total, [, cpuMs]) => total + cpuMs, 0);
  const shown: [string, number][] = [
    ...entries.filter(([name]) => !name.startsWith("node-")),
    ...(nodes.length === 0 ? [] : [["storage nodes together", sum] as [string, number]]),
  ];
  const budgets = result.workload.startsWith("PutRecords") && result.target === "Millrace" ? PUT_RECORDS_BUDGET_MS : {};
  return shown.map(([name, cpuMs]) => {
    const cost = (cpuMs / units).toFixed(1);
    return `| ${result.workload} | ${result.target} | ${name} | ${cost} | ${budgets[name] ?? ""} |`;
  });
}
