// Reads vitest's JSON reports: what failed, how long each folder took, and as the last line "N passed, N failed".
import { readFileSync } from "node:fs";
import { relative } from "node:path";

const testResults = process.argv.slice(2).flatMap((path) => {
  try {
    return JSON.parse(readFileSync(path, "utf8")).testResults;
  } catch {
    // Vitest ended before it could write a report: nothing is known to have passed.
    return [{ name: "vitest", status: "failed", assertionResults: [], message: "no report was written" }];
  }
});
const groups = new Map();
const failures = [];
let [passed, failed, skipped] = [0, 0, 0];
for (const file of testResults) {
  const path = relative(process.cwd(), file.name);
  const group = path.split("/").slice(0, 2).join("/");
  const counts = groups.get(group) ?? { passed: 0, failed: 0, skipped: 0, seconds: 0 };
  groups.set(group, counts);
  if (file.endTime > file.startTime) counts.seconds += (file.endTime - file.startTime) / 1000;
  const count = (kind) => (counts[kind] += 1);
  for (const each of file.assertionResults) {
    if (each.status === "passed") passed = (count("passed"), passed + 1);
    else if (each.status === "failed") failed = (count("failed"), failed + 1);
    else skipped = (count("skipped"), skipped + 1);
    if (each.status === "failed")
      failures.push(`${path}: ${each.fullName}\n    ${firstLine(each.failureMessages?.[0])}`);
  }
  // A file that could not even be loaded, or whose set-up failed, has no failed test of its own.
  if (file.status === "failed" && !file.assertionResults.some((each) => each.status === "failed")) {
    failed = (count("failed"), failed + 1);
    failures.push(`${path}\n    ${firstLine(file.message)}`);
  }
}
console.log("");
for (const [group, { passed: good, failed: bad, skipped: left, seconds }] of [...groups].toSorted(([a], [b]) =>
  a.localeCompare(b),
)) {
  const rest = `${bad > 0 ? `, ${bad} failed` : ""}${left > 0 ? `, ${left} skipped` : ""}`;
  console.log(`${group.padEnd(28)} ${String(good).padStart(5)} passed${rest}  (${seconds.toFixed(1)} s)`);
}
if (failures.length > 0) console.log(`\nFailed:\n${failures.map((line) => `  ${line}`).join("\n")}`);
if (skipped > 0) console.log(`\n${skipped} skipped`);
console.log(`\n${passed} passed, ${failed} failed`);
// A filter that fits nothing has proved nothing.
process.exit(failed > 0 || passed + skipped === 0 ? 1 : 0);

function firstLine(message) {
  return (message ?? "").split("\n")[0].slice(0, 300);
}
