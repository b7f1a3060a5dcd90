/** The highest coordinator term this node has seen: calls of a deposed coordinator are refused. */
import { ServiceError } from "@millrace/base";

/** See the file comment. */
export class CoordinatorTerm {
  #highest = 0;

  get highest(): number {
    return this.#highest;
  }

  /** Takes note of `term`; CONFLICT when a higher one was seen. */
  accept(term: number): void {
    if (term < this.#highest) {
      throw new ServiceError("CONFLICT", `coordinator term ${term} is over, ${this.#highest} rules`);
    }
    this.#highest = term;
  }
}
