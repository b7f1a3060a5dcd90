/** Raw deflate (RFC 1951), the door of the pure packages to `node:zlib`'s compression. */
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";

/** `bytes` compressed at the fastest level: what is compressed here is on its way to a socket. */
export function deflate(bytes: Uint8Array): Buffer {
  return deflateRawSync(bytes, { level: constants.Z_BEST_SPEED });
}

/** What was compressed, or undefined when `compressed` is broken or would expand beyond `lengthMax` bytes. */
export function inflate(compressed: Uint8Array, lengthMax: number): Buffer | undefined {
  try {
    // zlib takes no limit of 0, and one more byte tells "too long" from "exactly".
    const expanded = inflateRawSync(compressed, { maxOutputLength: lengthMax + 1 });
    return expanded.length <= lengthMax ? expanded : undefined;
  } catch {
    // Broken or too long: an answer, not a failure.
    return undefined;
  }
}
