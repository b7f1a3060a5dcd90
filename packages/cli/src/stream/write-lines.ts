/** Output that waits for a slow reader and ends quietly when the reader is gone (`| head`). */
import { once } from "node:events";
import type { Writable } from "node:stream";

/** Writes every line and a line end. Resolves when all is handed over, or when the reader has closed. */
export async function writeLines(out: Writable, lines: Iterable<string>): Promise<void> {
  let block = "";
  for (const line of lines) {
    block += `${line}\n`;
    if (block.length < 65_536) continue;
    if (!out.write(block)) await once(out, "drain");
    block = "";
  }
  if (!out.write(block)) await once(out, "drain");
}

/** Exits with code 0 when writing to `out` fails because nobody reads any more. */
export function endWhenReaderGoes(out: Writable): void {
  out.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
}
