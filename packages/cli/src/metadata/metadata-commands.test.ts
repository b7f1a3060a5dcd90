import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeMetadataFile } from "@millrace/coordinator";
import { expect, test } from "vitest";
import { exportTo, importFrom } from "./metadata-commands.ts";

test("an export reads the directory of millrace up unless told otherwise; an import is told where to", async () => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "millrace-metadata-")));
  const before = process.cwd();
  process.chdir(directory);
  try {
    const options = { etcdPrefix: "/millrace", json: false };
    const [usual, other] = [join(directory, ".millrace"), join(directory, "other")];
    await expect(exportTo("out.jsonl", options)).rejects.toThrow(`there are no metadata in ${usual}`);
    await expect(exportTo("out.jsonl", { ...options, dataDir: other })).rejects.toThrow(`no metadata in ${other}`);
    writeFileSync("none.jsonl", encodeMetadataFile(new Map()));
    await expect(importFrom("none.jsonl", options)).rejects.toThrow("name the place: --data-dir or --etcd");
  } finally {
    process.chdir(before);
    rmSync(directory, { recursive: true });
  }
});
