/**
 * MD5 of partition keys, written for the put path: a key is a few bytes, and a call into the native hash costs more
 * than hashing them here. RFC 1321; not for anything that must resist an attacker.
 */

/** A 128-bit hash key as four unsigned 32-bit words, most significant first. Compares without big integers. */
export type HashKeyWords = Uint32Array;

const BLOCK_BYTES = 64;
const LENGTH_POSITION = 56;
const block = new Uint8Array(BLOCK_BYTES);
const view = new DataView(block.buffer);
let stateA = 0;
let stateB = 0;
let stateC = 0;
let stateD = 0;

/**
 * Writes the hash key of the partition key at `bytes[start, end)` (its UTF-8) into `words` (length 4). Any length is
 * right; up to 55 bytes take one round. Neither argument is kept.
 */
export function hashPartitionKey(bytes: Uint8Array, start: number, end: number, words: HashKeyWords): void {
  stateA = 0x67452301;
  stateB = 0xefcdab89 | 0;
  stateC = 0x98badcfe | 0;
  stateD = 0x10325476;
  let position = start;
  for (; end - position >= BLOCK_BYTES; position += BLOCK_BYTES) {
    block.set(bytes.subarray(position, position + BLOCK_BYTES));
    mixBlock();
  }
  const rest = end - position;
  for (let index = 0; index < rest; index += 1) block[index] = bytes[position + index] as number;
  block[rest] = 0x80;
  block.fill(0, rest + 1);
  if (rest >= LENGTH_POSITION) {
    mixBlock();
    block.fill(0);
  }
  // Keys have at most 256 characters: their length in bits fits the low word.
  view.setUint32(LENGTH_POSITION, (end - start) * 8, true);
  mixBlock();
  words[0] = swapBytes(stateA);
  words[1] = swapBytes(stateB);
  words[2] = swapBytes(stateC);
  words[3] = swapBytes(stateD);
}

function swapBytes(word: number): number {
  return ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

function f(a: number, b: number, c: number, d: number, x: number, shift: number, constant: number): number {
  const sum = (a + ((b & c) | (~b & d)) + x + constant) | 0;
  return (((sum << shift) | (sum >>> (32 - shift))) + b) | 0;
}

function g(a: number, b: number, c: number, d: number, x: number, shift: number, constant: number): number {
  const sum = (a + ((b & d) | (c & ~d)) + x + constant) | 0;
  return (((sum << shift) | (sum >>> (32 - shift))) + b) | 0;
}

function h(a: number, b: number, c: number, d: number, x: number, shift: number, constant: number): number {
  const sum = (a + (b ^ c ^ d) + x + constant) | 0;
  return (((sum << shift) | (sum >>> (32 - shift))) + b) | 0;
}

function i(a: number, b: number, c: number, d: number, x: number, shift: number, constant: number): number {
  const sum = (a + (c ^ (b | ~d)) + x + constant) | 0;
  return (((sum << shift) | (sum >>> (32 - shift))) + b) | 0;
}

/** Mixes the block into the state. The constants are 2^32 times the sine of 1 to 64, as signed words. */
function mixBlock(): void {
  const x0 = view.getInt32(0, true);
  const x1 = view.getInt32(4, true);
  const x2 = view.getInt32(8, true);
  const x3 = view.getInt32(12, true);
  const x4 = view.getInt32(16, true);
  const x5 = view.getInt32(20, true);
  const x6 = view.getInt32(24, true);
  const x7 = view.getInt32(28, true);
  const x8 = view.getInt32(32, true);
  const x9 = view.getInt32(36, true);
  const x10 = view.getInt32(40, true);
  const x11 = view.getInt32(44, true);
  const x12 = view.getInt32(48, true);
  const x13 = view.getInt32(52, true);
  const x14 = view.getInt32(56, true);
  const x15 = view.getInt32(60, true);
  let a = stateA;
  let b = stateB;
  let c = stateC;
  let d = stateD;
  a = f(a, b, c, d, x0, 7, -680876936);
  d = f(d, a, b, c, x1, 12, -389564586);
  c = f(c, d, a, b, x2, 17, 606105819);
  b = f(b, c, d, a, x3, 22, -1044525330);
  a = f(a, b, c, d, x4, 7, -176418897);
  d = f(d, a, b, c, x5, 12, 1200080426);
  c = f(c, d, a, b, x6, 17, -1473231341);
  b = f(b, c, d, a, x7, 22, -45705983);
  a = f(a, b, c, d, x8, 7, 1770035416);
  d = f(d, a, b, c, x9, 12, -1958414417);
  c = f(c, d, a, b, x10, 17, -42063);
  b = f(b, c, d, a, x11, 22, -1990404162);
  a = f(a, b, c, d, x12, 7, 1804603682);
  d = f(d, a, b, c, x13, 12, -40341101);
  c = f(c, d, a, b, x14, 17, -1502002290);
  b = f(b, c, d, a, x15, 22, 1236535329);
  a = g(a, b, c, d, x1, 5, -165796510);
  d = g(d, a, b, c, x6, 9, -1069501632);
  c = g(c, d, a, b, x11, 14, 643717713);
  b = g(b, c, d, a, x0, 20, -373897302);
  a = g(a, b, c, d, x5, 5, -701558691);
  d = g(d, a, b, c, x10, 9, 38016083);
  c = g(c, d, a, b, x15, 14, -660478335);
  b = g(b, c, d, a, x4, 20, -405537848);
  a = g(a, b, c, d, x9, 5, 568446438);
  d = g(d, a, b, c, x14, 9, -1019803690);
  c = g(c, d, a, b, x3, 14, -187363961);
  b = g(b, c, d, a, x8, 20, 1163531501);
  a = g(a, b, c, d, x13, 5, -1444681467);
  d = g(d, a, b, c, x2, 9, -51403784);
  c = g(c, d, a, b, x7, 14, 1735328473);
  b = g(b, c, d, a, x12, 20, -1926607734);
  a = h(a, b, c, d, x5, 4, -378558);
  d = h(d, a, b, c, x8, 11, -2022574463);
  c = h(c, d, a, b, x11, 16, 1839030562);
  b = h(b, c, d, a, x14, 23, -35309556);
  a = h(a, b, c, d, x1, 4, -1530992060);
  d = h(d, a, b, c, x4, 11, 1272893353);
  c = h(c, d, a, b, x7, 16, -155497632);
  b = h(b, c, d, a, x10, 23, -1094730640);
  a = h(a, b, c, d, x13, 4, 681279174);
  d = h(d, a, b, c, x0, 11, -358537222);
  c = h(c, d, a, b, x3, 16, -722521979);
  b = h(b, c, d, a, x6, 23, 76029189);
  a = h(a, b, c, d, x9, 4, -640364487);
  d = h(d, a, b, c, x12, 11, -421815835);
  c = h(c, d, a, b, x15, 16, 530742520);
  b = h(b, c, d, a, x2, 23, -995338651);
  a = i(a, b, c, d, x0, 6, -198630844);
  d = i(d, a, b, c, x7, 10, 1126891415);
  c = i(c, d, a, b, x14, 15, -1416354905);
  b = i(b, c, d, a, x5, 21, -57434055);
  a = i(a, b, c, d, x12, 6, 1700485571);
  d = i(d, a, b, c, x3, 10, -1894986606);
  c = i(c, d, a, b, x10, 15, -1051523);
  b = i(b, c, d, a, x1, 21, -2054922799);
  a = i(a, b, c, d, x8, 6, 1873313359);
  d = i(d, a, b, c, x15, 10, -30611744);
  c = i(c, d, a, b, x6, 15, -1560198380);
  b = i(b, c, d, a, x13, 21, 1309151649);
  a = i(a, b, c, d, x4, 6, -145523070);
  d = i(d, a, b, c, x11, 10, -1120210379);
  c = i(c, d, a, b, x2, 15, 718787259);
  b = i(b, c, d, a, x9, 21, -343485551);
  stateA = (stateA + a) | 0;
  stateB = (stateB + b) | 0;
  stateC = (stateC + c) | 0;
  stateD = (stateD + d) | 0;
}
