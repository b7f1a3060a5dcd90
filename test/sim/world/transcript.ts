/**
 * What happened, in the domain's words, and a running hash of every line. Only the newest lines are kept; the hash covers
 * all of them, so that two runs of one seed can be compared.
 */
import { createHash, type Hash } from "node:crypto";

const LINES_MAX = 4000;
/** Text is hashed in pieces of about this length: each call of the hash costs more than the few bytes of a trace. */
const HASHED_AT_ONCE = 16_384;

/** See the file comment. */
export class Transcript {
  readonly #nowMs: () => number;
  readonly #hash: Hash = createHash("sha256");
  #lines: string[] = [];
  /** Not hashed yet. */
  #text = "";

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** One line: who, and what he did or what happened to him. */
  tell(who: string, what: string): void {
    const line = `${(this.#nowMs() / 1000).toFixed(3).padStart(9)} ${who.padEnd(14)} ${what}`;
    this.trace(line);
    this.#lines.push(line);
    if (this.#lines.length > 2 * LINES_MAX) this.#lines = this.#lines.slice(-LINES_MAX);
  }

  /** Part of the trace too fine to tell. */
  trace(text: string): void {
    this.#text += text;
    if (this.#text.length > HASHED_AT_ONCE) this.#hashText();
  }

  /** The newest lines. */
  lines(count: number = LINES_MAX): readonly string[] {
    return this.#lines.slice(-count);
  }

  /** Hash of everything told and traced so far, in hex. */
  digest(): string {
    this.#hashText();
    return this.#hash.copy().digest("hex");
  }

  #hashText(): void {
    this.#hash.update(this.#text);
    this.#text = "";
  }
}
