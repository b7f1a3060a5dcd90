/** The counters, live: `node view.js --redis redis://127.0.0.1:6379`. */
import { parseArgs } from "node:util";
import { Redis } from "ioredis";
import { readCounts, totalOf } from "./counters.js";

const MINUTES = 15;
const BAR = 40;

const alphabetically = (left, right) => left.localeCompare(right);

/** A page of text: the last minutes by status, and all lines so far by status. */
export function render(counts) {
  const byMinute = new Map();
  const byStatus = new Map();
  for (const [counter, count] of counts) {
    const [minute, status] = [counter.slice(0, -4), counter.slice(-3)];
    byMinute.set(minute, (byMinute.get(minute) ?? new Map()).set(status, count));
    byStatus.set(status, (byStatus.get(status) ?? 0) + count);
  }
  const total = totalOf(counts);
  const statuses = [...byStatus.keys()].toSorted(alphabetically);
  const minutes = [...byMinute.keys()].toSorted(alphabetically).slice(-MINUTES);
  const cells = (of) => statuses.map((status) => String(of.get(status) ?? 0).padStart(8)).join("");
  return [
    `${total} lines`,
    "",
    `${"".padEnd(18)}${statuses.map((status) => status.padStart(8)).join("")}`,
    ...minutes.map((minute) => `${minute.padEnd(18)}${cells(byMinute.get(minute))}`),
    "",
    ...statuses.map((status) => `${status} ${"█".repeat(Math.round((BAR * byStatus.get(status)) / total))}`),
  ].join("\n");
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { redis: { type: "string", default: "redis://127.0.0.1:6379" } } });
  const redis = new Redis(values.redis);
  for (;;) {
    process.stdout.write(`\u001B[2J\u001B[H${render(await readCounts(redis))}\n`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
