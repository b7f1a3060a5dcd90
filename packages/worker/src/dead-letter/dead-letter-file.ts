/** Dead letters in a file of JSON lines, synced before the shard goes on. */
import { open } from "node:fs/promises";
import { deadLetterLine, type DeadLetter, type DeadLetterSink } from "./dead-letter.ts";

/** Appends to `path`; the file is made when it is absent. One process writes it at a time. */
export function deadLetterFile(path: string): DeadLetterSink {
  let last: Promise<void> = Promise.resolve();
  return (letter) => {
    // One letter after the other, so that lines never mix.
    const written = last.then(() => append(path, letter));
    last = written.catch(() => undefined);
    return written;
  };
}

async function append(path: string, letter: DeadLetter): Promise<void> {
  const file = await open(path, "a");
  try {
    await file.writeFile(letter.records.map((record) => `${deadLetterLine(letter, record)}\n`).join(""));
    await file.datasync();
  } finally {
    await file.close();
  }
}
