/**
 * Loads the `rocksdb` package. Its library, built in 2022, has weak C++ symbols (of std::regex) that Node's own program has
 * too since version 22, built for another ABI; the system gives it Node's, and the process aborts while it loads
 * (github.com/Level/rocksdb/issues/228 shows the abort). There a copy that uses its own symbols is loaded in its place.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire, Module } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ServiceError } from "@millrace/base";
import type RocksDB from "rocksdb";
import { withOwnSymbolsFirst } from "./own-symbols-first.ts";

const FIRST_NODE_WITH_THESE_SYMBOLS = 22;

let loaded: typeof RocksDB | undefined;

/** The class of databases. Fails with USAGE when the copy can be kept nowhere. */
export function loadRocksDB(): typeof RocksDB {
  if (loaded !== undefined) return loaded;
  const require = createRequire(import.meta.url);
  if (process.platform === "linux" && Number.parseInt(process.versions.node, 10) >= FIRST_NODE_WITH_THESE_SYMBOLS) {
    loadCopy(require);
  }
  return (loaded = require("rocksdb") as typeof RocksDB);
}

/** Path of the library that the package would load here. */
export function rocksdbLibrary(require: NodeJS.Require): string {
  const directory = dirname(require.resolve("rocksdb/package.json"));
  const finder = createRequire(join(directory, "binding.js"))("node-gyp-build") as { resolve(from: string): string };
  return finder.resolve(directory);
}

function loadCopy(require: NodeJS.Require): void {
  const path = rocksdbLibrary(require);
  const copy = withOwnSymbolsFirst(readFileSync(path));
  if (copy === undefined) return;
  const addon = new Module(path);
  dlopenCopy(addon, copy);
  addon.loaded = true;
  require.cache[path] = addon;
}

/** The file is needed only while it is being loaded. Its directory is this process's own: nobody else can replace it. */
function dlopenCopy(addon: Module, copy: Buffer): void {
  let place: string | undefined;
  try {
    place = mkdtempSync(join(tmpdir(), "millrace-rocksdb-"));
    const file = join(place, "rocksdb.node");
    writeFileSync(file, copy);
    chmodSync(file, 0o500);
    process.dlopen(addon, file);
  } catch (error) {
    const advice = "set TMPDIR to a directory from which programs may be loaded, or use Node.js 20";
    throw new ServiceError("USAGE", `RocksDB cannot be loaded from ${tmpdir()}: ${String(error)}; ${advice}`, {
      cause: error,
    });
  } finally {
    if (place !== undefined) rmSync(place, { recursive: true, force: true });
  }
}
