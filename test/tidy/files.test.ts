/** House rules that a machine can check: length, names, banned calls, leftovers, doc comments. */
import { expect, test } from "vitest";
import { allFiles, codeOf, matchesIn, productFiles, typescriptFiles } from "./source-files.ts";

const LINES_MAX = 500;
const LINES_WORTH_A_LOOK = 300;
/**
 * Packages that meet the real world: the only ones that may read clocks, set timers or draw random numbers. `rpc` is one of
 * them because gRPC takes deadlines as wall-clock times; a simulation replaces its transport as a whole.
 */
const IMPURE = ["runtime", "testkit", "cli", "load", "rpc"];
/** The real sides of the seams: in `base`, because libraries that users install need them without `runtime`. */
const SEAMS = ["packages/base/src/real-clock.ts", "packages/base/src/real-random.ts"];
const BANNED_CALLS =
  /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|(?<![.\w#])set(?:Timeout|Interval)\(|\brandomUUID\(|\bperformance\.now\(/;
const BANNED_NAMES = /(^|[-/])(utils?|helpers?|common|types|misc|manager)\.ts$/;
const LEFTOVER_CODE =
  /\bconsole\.(log|debug)\(|\bdebugger\b|\b(?:test|describe|it)\.(?:only|skip)\(|:\s*any\b(?!\w)|\bas any\b|<an[y]>/;
const LEFTOVER_TEXT = new RegExp(
  `\\b(?:${["TO", "FIX", "X", "HA"].map((head, at) => head + ["DO", "ME", "XX", "CK"][at]).join("|")})\\b|@ts-(?:ignore|nocheck)`,
);
/** Absolute paths of somebody's machine. Written so that this file does not match itself. */
const MACHINE_PATH = new RegExp(`(?<![\\w.])/(?:${["work", "home", "Users"].join("|")})/[a-z]`);

test(`no file is longer than ${LINES_MAX} lines`, () => {
  const lengths = typescriptFiles.map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }));
  const long = lengths.filter(({ lines }) => lines > LINES_WORTH_A_LOOK);
  for (const { path, lines } of long) process.stderr.write(`${path}: ${lines} lines, look for a seam\n`);
  expect(long.filter(({ lines }) => lines > LINES_MAX)).toEqual([]);
});

test("file names are kebab-case and say what is inside", () => {
  const bad = typescriptFiles
    .map(({ path }) => path)
    .filter((path) => !/(^|\/)[a-z0-9.-]+\.ts$/.test(path) || BANNED_NAMES.test(path));
  expect(bad).toEqual([]);
});

test("time and chance come in through Clock and Random", () => {
  const bound = productFiles.filter(
    ({ packageName = "", path }) => !IMPURE.includes(packageName) && !SEAMS.includes(path),
  );
  expect(bound.flatMap(({ path, text }) => matchesIn(path, codeOf(text), BANNED_CALLS))).toEqual([]);
});

test("nothing is left over", () => {
  const found = typescriptFiles.flatMap(({ path, text }) => [
    ...matchesIn(path, codeOf(text), LEFTOVER_CODE),
    ...matchesIn(path, text, LEFTOVER_TEXT),
  ]);
  expect(found).toEqual([]);
});

test("no file names a place on somebody's machine", () => {
  expect(allFiles.flatMap(({ path, text }) => matchesIn(path, text, MACHINE_PATH))).toEqual([]);
});

test("the rules find what they forbid", () => {
  const mark = ["TO", "DO"].join("");
  expect([BANNED_CALLS.test("x = Date.now();"), BANNED_CALLS.test("clock.setTimeout(")]).toEqual([true, false]);
  expect([LEFTOVER_TEXT.test(`// ${mark}: later`), LEFTOVER_CODE.test("let x: any = 1")]).toEqual([true, true]);
  expect([MACHINE_PATH.test(["", "home", "me"].join("/")), MACHINE_PATH.test("packages/work/x")]).toEqual([
    true,
    false,
  ]);
  expect(codeOf('a("Date.now()"); // Date.now()\n/* Date.now() */b')).not.toContain("Date");
});

test("every export of the product says what it is", () => {
  const bare = productFiles.flatMap(({ path, text }) => undocumented(text).map((line) => `${path}:${line}`));
  expect(bare).toEqual([]);
});

/** Lines of exports without a doc comment right above. Re-exports and overloads after the first need none. */
function undocumented(text: string): string[] {
  const lines = text.split("\n");
  return lines.flatMap((line, index) => {
    const name = /^export (?:declare |abstract |async )*(?:function\*?|class|interface|type|const) (\w+)/.exec(
      line,
    )?.[1];
    if (name === undefined) return [];
    const above = lines[index - 1] ?? "";
    if (above.trimEnd().endsWith("*/") || above.startsWith(`export function ${name}`)) return [];
    return [`${index + 1} ${name}`];
  });
}
