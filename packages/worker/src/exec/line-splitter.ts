/** Text that arrives in pieces, as lines. */

/** Keeps at most one unfinished line, and says when that is too long. */
export class LineSplitter {
  readonly #charactersMax: number;
  #rest = "";

  constructor(charactersMax: number) {
    this.#charactersMax = charactersMax;
  }

  /** Whether the unfinished line is longer than allowed. The owner ends its source. */
  get isOverfull(): boolean {
    return this.#rest.length > this.#charactersMax;
  }

  /** The lines that `chunk` completes, without line ends. */
  push(chunk: string): string[] {
    const lines = (this.#rest + chunk).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  }
}
