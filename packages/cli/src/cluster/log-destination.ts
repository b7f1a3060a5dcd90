/** Log lines of an in-process cluster go to a file: the terminal belongs to the screen. */
import { writeSync } from "node:fs";

/** Writes each line to the open file `descriptor`, at once: what led to a crash is on disk. */
export function logTo(descriptor: number): { write(line: string): void } {
  return { write: (line) => void writeSync(descriptor, line) };
}
