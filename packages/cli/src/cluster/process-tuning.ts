/**
 * How `millrace up` has V8 and the C library treat its children. Each setting lowered their CPU in every comparison made, or
 * in most (docs/benchmarks.md); nothing depends on them.
 */
import { execFileSync } from "node:child_process";
import type { Role } from "@millrace/runtime";

/**
 * The data path makes short-lived buffers outside V8's heap. With V8's default of 16 MiB for young objects these are
 * promoted and collected twice, and each 64 MiB of them starts an incremental marking of a heap of some 20 MB that is
 * marked in one go in about 10 ms.
 *
 * Under a mixed load of small requests V8 takes tens of seconds to decide that the data path is hot, since it counts executed
 * bytecode for each function apart; an eighth of its default budget (67,584 in V8 11.3) has it compiled after a few seconds.
 * Later versions have a compiler for that stage and no such flag.
 *
 * When processors are busy, a collection of young objects waits for helper threads that do not run; on one thread it is over
 * sooner, which the slowest small puts showed most.
 */
const EVERY_ROLE = [
  "--max-semi-space-size=64",
  "--no-incremental-marking",
  "--interrupt-budget=8000",
  "--no-parallel-scavenge",
];
/** Three nodes collect small heaps often: helper threads of each, all on the same processors, cost more than they save. */
const STORAGE_NODE = ["--single-threaded-gc"];

/** V8's flags for a child of that role, as far as this Node knows them: it would not start with others. */
export function nodeFlagsOf(role: Role): string[] {
  const wanted = role === "storage-node" ? [...EVERY_ROLE, ...STORAGE_NODE] : EVERY_ROLE;
  return wanted.filter((flag) => v8Options().includes(` --${nameOf(flag)} (`));
}

/** `--no-parallel-scavenge` and `--max-semi-space-size=64` are called `parallel-scavenge` and `max-semi-space-size`. */
function nameOf(flag: string): string {
  return flag.replace(/^--(no-)?/, "").replace(/=.*/, "");
}

let options: string | undefined;

function v8Options(): string {
  options ??= execFileSync(process.execPath, ["--v8-options"], { encoding: "utf8", maxBuffer: 16 * 1024 * 1024 });
  return options;
}

/**
 * Buffers of the data path are larger than what glibc hands out from its heap by default, so that each would be mapped,
 * faulted in page by page and unmapped again: one heap is reused instead. Other C libraries ignore these.
 */
export const allocatorEnvironment: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: "1",
  MALLOC_MMAP_THRESHOLD_: "33554432",
  MALLOC_TRIM_THRESHOLD_: "134217728",
  MALLOC_TOP_PAD_: "8388608",
};
