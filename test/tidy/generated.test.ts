/** Generated files are committed, and are what their generator writes from their source now. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "./source-files.ts";

function contents(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  return Object.fromEntries(names.toSorted().map((name) => [name, readFileSync(join(directory, name), "utf8")]));
}

test("the types of proto/ are fresh (make gen writes them)", () => {
  const directory = mkdtempSync(join(tmpdir(), "millrace-rpc-types-"));
  try {
    const out = join(directory, "generated");
    execFileSync("bash", ["scripts/generate-rpc-types.sh", out], { cwd: repository, stdio: "pipe" });
    expect(contents(join(repository, "packages/rpc/src/generated"))).toEqual(contents(out));
  } finally {
    rmSync(directory, { recursive: true });
  }
}, 30_000);

test("docs/compatibility.md is fresh (make gen writes it)", () => {
  const directory = mkdtempSync(join(tmpdir(), "millrace-compatibility-"));
  try {
    const out = join(directory, "compatibility.md");
    execFileSync("node", ["scripts/generate-compatibility.mjs", out], { cwd: repository, stdio: "pipe" });
    expect(readFileSync(join(repository, "docs/compatibility.md"), "utf8")).toBe(readFileSync(out, "utf8"));
  } finally {
    rmSync(directory, { recursive: true });
  }
});
