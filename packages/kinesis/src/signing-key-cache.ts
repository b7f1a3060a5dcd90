/** Signing keys already derived: a key holds for a day, a region and a secret, and costs four hashes to derive. */
import { hmacSha256 } from "@millrace/base";

/** What a signing key is derived from. */
export interface SigningScope {
  readonly secretAccessKey: string;
  /** `yyyyMMdd`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** Date and region are the sender's, so the number of keys is not ours to know: when full, all are forgotten. */
const KEYS_MAX = 256;
/** Separates the parts of a map key; no part of a credential scope can contain it. */
const SEPARATOR = "/";

/** Bounded memory of derived keys. One for each process that verifies. */
export class SigningKeyCache {
  readonly #keys = new Map<string, Buffer>();

  /** The signing key of `scope`, derived at most once while remembered. */
  keyOf(scope: SigningScope): Buffer {
    const parts = [scope.date, scope.region, scope.service];
    const name = [...parts, scope.secretAccessKey].join(SEPARATOR);
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const key = deriveSigningKey(scope);
    if (this.#keys.size >= KEYS_MAX) this.#keys.clear();
    this.#keys.set(name, key);
    return key;
  }
}

/** The signing key of `scope`. */
export function deriveSigningKey(scope: SigningScope): Buffer {
  const ofDate = hmacSha256(`AWS4${scope.secretAccessKey}`, scope.date);
  const ofService = hmacSha256(hmacSha256(ofDate, scope.region), scope.service);
  return hmacSha256(ofService, "aws4_request");
}
