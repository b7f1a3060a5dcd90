/** The machine's randomness: bytes and UUIDs are cryptographic, floats are not. */
import { randomBytes, randomUUID } from "node:crypto";
import type { Random } from "./random.ts";

/** See {@link Random}. */
export const realRandom: Random = {
  bytes: (count) => randomBytes(count),
  uuid: () => randomUUID(),
  float: () => Math.random(),
};
