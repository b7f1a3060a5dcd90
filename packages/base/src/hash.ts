/** Hashing and authenticated encryption, the only door of the pure packages to `node:crypto` and `node:zlib`. */
import { createCipheriv, createDecipheriv, createHash, createHmac, timingSafeEqual } from "node:crypto";
import { crc32 as zlibCrc32 } from "node:zlib";

/** CRC-32 (IEEE, as zlib) of `bytes`, continuing from `seed`. Unsigned 32-bit. */
export function crc32(bytes: Uint8Array, seed = 0): number {
  return zlibCrc32(bytes, seed);
}

/** SHA-256 in lower-case hex. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** MD5 of `bytes` (16 bytes). */
export function md5(bytes: Uint8Array | string): Buffer {
  return createHash("md5").update(bytes).digest();
}

/** HMAC-SHA-256 (32 bytes). */
export function hmacSha256(key: Uint8Array | string, text: Uint8Array | string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

/** Constant-time comparison; false at once when the lengths differ. */
export function equalConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** AES-256-GCM: nonce (12) ‖ ciphertext ‖ tag (16). `key` is 32 bytes, `nonce` must never repeat under a key. */
export function sealAes256(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, associated: Uint8Array): Buffer {
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(associated);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Opens what {@link sealAes256} made; undefined when it was not made with this key and `associated`. */
export function openAes256(key: Uint8Array, sealed: Uint8Array, associated: Uint8Array): Buffer | undefined {
  if (sealed.length < 28) return undefined;
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, 12));
  decipher.setAAD(associated);
  decipher.setAuthTag(sealed.subarray(sealed.length - 16));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(12, sealed.length - 16)), decipher.final()]);
  } catch {
    // The tag did not match: forged, damaged or of another key. That is an answer, not a failure.
    return undefined;
  }
}
