/** What is put, and what makes it unfit to be put. */
import { isExplicitHashKey } from "@millrace/kinesis";
import { ProducerError } from "./producer-error.ts";

/** What to put. `data` is not copied: leave it alone until the put has settled. Text is stored as UTF-8. */
export interface ProducerRecord {
  readonly partitionKey: string;
  /** Decimal digits below 2^128, in place of the hash of the partition key. */
  readonly explicitHashKey?: string;
  readonly data: Uint8Array | string;
}

const PARTITION_KEY_CHARACTERS_MAX = 256;

/** Why the record can never be put, or undefined. Its size is not looked at; what comes from JavaScript may be of any type. */
export function recordFault(
  { partitionKey, explicitHashKey, data }: ProducerRecord,
  ttlMs: number,
): ProducerError | undefined {
  const characters = typeof partitionKey === "string" ? charactersIn(partitionKey) : 0;
  if (characters === 0 || characters > PARTITION_KEY_CHARACTERS_MAX) {
    return new ProducerError("INVALID", `a partition key is text of 1 to 256 characters, not ${characters}`);
  }
  if (explicitHashKey !== undefined && !isExplicitHashKey(explicitHashKey)) {
    return new ProducerError(
      "INVALID",
      `an explicit hash key is a decimal number below 2^128, not "${explicitHashKey}"`,
    );
  }
  if (typeof data !== "string" && !(data instanceof Uint8Array)) {
    return new ProducerError("INVALID", `data is bytes or text, not ${typeof data}`);
  }
  return ttlMs > 0 ? undefined : new ProducerError("INVALID", `ttlMs must be above 0, not ${ttlMs}`);
}

/** Unicode characters, which are what the service counts. */
function charactersIn(text: string): number {
  return text.length <= PARTITION_KEY_CHARACTERS_MAX ? text.length : Array.from(text).length;
}
