import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { rocksdbLibrary } from "./load-rocksdb.ts";
import { withOwnSymbolsFirst } from "./own-symbols-first.ts";

const require = createRequire(import.meta.url);
const isLinux = process.platform === "linux";

test.runIf(isLinux)("RocksDB's library gets one more entry, once, and this Node loads it", () => {
  const library = readFileSync(rocksdbLibrary(require));
  const copy = withOwnSymbolsFirst(library) ?? Buffer.alloc(0);
  const changed: (number | undefined)[] = [];
  for (let at = 0; at < library.length; at += 1) if (library[at] !== copy[at]) changed.push(copy[at]);
  expect([copy.length, changed]).toEqual([library.length, [16]]);
  expect(withOwnSymbolsFirst(copy)?.equals(copy)).toBe(true);
  const place = mkdtempSync(join(tmpdir(), "millrace-symbols-"));
  const file = join(place, "copy.node");
  writeFileSync(file, copy);
  const load = `const addon = { exports: {} }; process.dlopen(addon, ${JSON.stringify(file)}); process.exit(Object.keys(addon.exports).length > 10 ? 0 : 3)`;
  expect(spawnSync(process.execPath, ["-e", load]).status).toBe(0);
  rmSync(place, { recursive: true });
});

test("what is no such library is left alone", () => {
  expect(withOwnSymbolsFirst(Buffer.alloc(0))).toBeUndefined();
  expect(
    withOwnSymbolsFirst(Buffer.from("MZ a library of another system, long enough to hold a header of this one's")),
  ).toBeUndefined();
  if (!isLinux) return;
  const library = readFileSync(rocksdbLibrary(require));
  for (const sizeBytes of [10, 64, 100, 1_000])
    expect(withOwnSymbolsFirst(library.subarray(0, sizeBytes))).toBeUndefined();
});
