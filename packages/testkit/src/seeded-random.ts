/** Randomness that repeats: the same seed gives the same values on every machine. Never for keys outside tests. */
import type { Random } from "@millrace/base";

const TWO_32 = 0x1_0000_0000;

/** A {@link Random} from a 32-bit seed (splitmix32). UUIDs have the form of version 4. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0_aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a_2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }
  function bytes(count: number): Uint8Array {
    const drawn = new Uint8Array(count);
    for (let index = 0; index < count; index += 1) drawn[index] = next() & 0xff;
    return drawn;
  }
  return {
    bytes,
    float: () => next() / TWO_32,
    uuid() {
      const hex = toHex(bytes(16));
      const variant = "89ab"[next() & 3] ?? "8";
      return [
        hex.slice(0, 8),
        hex.slice(8, 12),
        `4${hex.slice(13, 16)}`,
        variant + hex.slice(17, 20),
        hex.slice(20),
      ].join("-");
    },
  };
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}
