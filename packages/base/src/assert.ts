/**
 * Programmer errors. A failed assertion is a defect of ours: it is never caught to continue,
 * only to be counted and turned into an internal failure at a process boundary.
 */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** Throws {@link AssertionError} unless `condition` holds. `what` states what must hold. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new AssertionError(`assertion failed: ${what}`);
}

/** The end of an exhaustive `switch`: reaching it is a programmer error. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}
