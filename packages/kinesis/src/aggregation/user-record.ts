/** A record as an application puts it, whether it travels alone or inside an aggregate. */
import { assert } from "@millrace/base";
import { hashKeyWords } from "../hash-range-table.ts";
import { hashPartitionKey, type HashKeyWords } from "../partition-key-hash.ts";

/** What the application gave: `explicitHashKey` is decimal digits, below 2^128, and replaces the hash of the partition key. */
export interface UserRecord {
  readonly partitionKey: string;
  readonly explicitHashKey?: string | undefined;
  readonly data: Uint8Array;
}

const WORDS = 4;
/** Longer keys are copied faster by native code. */
const SHORT = 40;
/** Four bytes for each of the 256 characters a partition key may have; longer ones take the other path. */
const scratch = Buffer.alloc(1024);

/**
 * Whether `text` can be an explicit hash key: decimal digits without leading zeros, below 2^128. Everything
 * {@link userRecordHash} is given must have passed this.
 */
export function isExplicitHashKey(text: string): boolean {
  return /^(?:0|[1-9]\d{0,38})$/.test(text) && hashKeyWords(text) !== undefined;
}

/** The hash key that decides a record's shard. `into` (four words), when given, is filled and returned. */
export function userRecordHash(
  { partitionKey, explicitHashKey }: Pick<UserRecord, "partitionKey" | "explicitHashKey">,
  into: HashKeyWords = new Uint32Array(WORDS),
): HashKeyWords {
  if (explicitHashKey !== undefined) {
    const words = hashKeyWords(explicitHashKey);
    assert(words !== undefined, "an explicit hash key is below 2^128");
    into.set(words);
    return into;
  }
  const written = writeShortAscii(partitionKey);
  if (written === partitionKey.length) hashPartitionKey(scratch, 0, written, into);
  else if (partitionKey.length * 3 <= scratch.length) {
    hashPartitionKey(scratch, 0, scratch.write(partitionKey, 0), into);
  } else {
    const bytes = Buffer.from(partitionKey);
    hashPartitionKey(bytes, 0, bytes.length, into);
  }
  return into;
}

/** Writes what most keys are into the scratch, in less time than a call into native code takes; answers 0 for any other key. */
function writeShortAscii(key: string): number {
  if (key.length > SHORT) return 0;
  for (let index = 0; index < key.length; index += 1) {
    const code = key.charCodeAt(index);
    if (code >= 0x80) return 0;
    scratch[index] = code;
  }
  return key.length;
}
