/** CBOR documents. The only file that knows the CBOR library. */
import { asBuffer } from "@millrace/base";
import { cbor, tag } from "@smithy/core/cbor";
import { cborWellFormed } from "./cbor-well-formed.ts";

/** The value `body` holds, or undefined when it is not exactly one well-formed CBOR value of the API's kinds. */
export function parseCborDocument(body: Buffer): unknown {
  if (!cborWellFormed(body)) return undefined;
  try {
    return cbor.deserialize(body) as unknown;
  } catch {
    // Well-formed by our walk yet refused by the library: still the sender's error.
    return undefined;
  }
}

/** Epoch milliseconds of a decoded timestamp (tag 1 or a bare number), undefined for anything else. */
export function cborTimestampMs(value: unknown): number | undefined {
  const bare = typeof value === "object" && value !== null && "tag" in value && "value" in value ? value.value : value;
  if (typeof bare === "bigint") return Number(bare);
  return typeof bare === "number" ? bare : undefined;
}

/** A timestamp as AWS's SDKs read it: tag 1 around integer epoch milliseconds, unlike RFC 8949's seconds. */
export function cborTimestamp(epochMs: number): unknown {
  return tag({ tag: 1, value: Math.trunc(epochMs) });
}

/** The bytes of `document`: plain objects, arrays, strings, numbers, booleans, Buffers, {@link cborTimestamp}s. */
export function serializeCborDocument(document: unknown): Buffer {
  return asBuffer(cbor.serialize(document));
}
