/**
 * The program of the processes that run seeds: `seed-child.ts` and all of ours that it imports, in one file of plain
 * JavaScript. It starts at once and runs without the calls that tsx puts in to keep the names of functions. The only file
 * that knows esbuild.
 */
import { mkdir, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";

/** In here the program finds the packages of others. */
const PROGRAM = fileURLToPath(new URL("../../../node_modules/.cache/sim/seed-child.mjs", import.meta.url));

/** Writes the program as the source is now, over an older one; answers its path. */
export async function writeSeedProgram(): Promise<string> {
  await mkdir(dirname(PROGRAM), { recursive: true });
  const written = `${PROGRAM}.${process.pid}`;
  await build({
    entryPoints: [join(import.meta.dirname, "seed-child.ts")],
    outfile: written,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["source"],
    sourcemap: "inline",
    sourcesContent: false,
    plugins: [oursOnly, sourceUrls],
  });
  // Whoever starts the older one meanwhile reads all of it.
  await rename(written, PROGRAM);
  return PROGRAM;
}

/** Packages of others are loaded as they are. */
const oursOnly: Plugin = {
  name: "ours only",
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === "entry-point" || path.startsWith("@millrace/") ? undefined : { path, external: true },
    );
  },
};

/** What lies beside a source file is found from there. */
const sourceUrls: Plugin = {
  name: "source urls",
  setup({ onLoad }) {
    onLoad({ filter: /\/packages\/.*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      return { contents: source.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)), loader: "ts" };
    });
  },
};
