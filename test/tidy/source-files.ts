/** Every file of ours, read once, for the tidy tests. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** The repository's top directory. */
export const repository: string = join(import.meta.dirname, "../..");

/** One text file. `path` is relative to the repository, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** The package's directory name, when it lies in one. */
  readonly packageName: string | undefined;
  /** Tests and what only tests use: `x.test.ts`, `x.test-support.ts`, folders named `testing`, shared suites that import vitest. */
  readonly isTest: boolean;
}

const SKIPPED = new Set(["node_modules", "dist", ".git", ".millrace", ".bench", "coverage"]);
const TEXT = /\.(ts|js|json|md|sh|proto|ya?ml|toml)$|Makefile$|\.ci\/run$/;

/** All text files but what tools write (lock file, build output). */
export const allFiles: readonly SourceFile[] = walk(repository).map((path) => {
  const text = readFileSync(join(repository, path), "utf8");
  const isTest = /^test\/|\/testing\/|\.test(-support)?\.ts$/.test(path) || importsOf(text).includes("vitest");
  return { path, text, packageName: /^packages\/([^/]+)\//.exec(path)?.[1], isTest };
});

/** TypeScript written by people. */
export const typescriptFiles: readonly SourceFile[] = allFiles.filter(
  ({ path }) => path.endsWith(".ts") && !path.includes("/generated/"),
);

/** Product code: TypeScript in packages that is not a test. */
export const productFiles: readonly SourceFile[] = typescriptFiles.filter(
  ({ path, isTest, packageName }) => packageName !== undefined && path.includes("/src/") && !isTest,
);

/** Modules that a file imports, statically or on demand, types included. */
export function importsOf(text: string): string[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\b[^;"'`]*?from\s*"([^"]+)"|\bimport\(\s*"([^"]+)"|(?:^|\n)import\s+"([^"]+)"/g;
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

/** The text with comments and the insides of strings blanked, line breaks kept. */
export function codeOf(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(?<![:"'`\\])\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, blank);
}

function blank(part: string): string {
  return part.replace(/[^\n]/g, " ");
}

/** `path:line` of every match in `code`. */
export function matchesIn(path: string, code: string, pattern: RegExp): string[] {
  return code.split("\n").flatMap((line, index) => {
    const match = pattern.exec(line);
    return match === null ? [] : [`${path}:${index + 1} ${match[0].trim()}`];
  });
}

function walk(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return walk(path);
    const name = relative(repository, path).replaceAll("\\", "/");
    return TEXT.test(name) && name !== "package-lock.json" ? [name] : [];
  });
}
