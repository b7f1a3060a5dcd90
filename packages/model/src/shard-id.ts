/** Shard ids: `shardId-` and the shard's index in its stream, at least twelve digits. Indices are never reused. */

/** Greatest index that a shard id may name (31 bits). */
export const SHARD_INDEX_MAX = 2_147_483_647;
const ID_DIGITS = 12;
const DECIMAL = /^\d{1,20}$/;

/** The id of the shard with `shardIndex`. */
export function formatShardId(shardIndex: number): string {
  return `shardId-${String(shardIndex).padStart(ID_DIGITS, "0")}`;
}

/**
 * The index that `text` names, or undefined. As lenient as Kinesis: what follows the first `-`, or the whole text
 * without one, is a decimal of any length up to {@link SHARD_INDEX_MAX}: `shardId-0`, `foo-0` and `0` are one shard.
 */
export function parseShardId(text: string): number | undefined {
  const digits = text.slice(text.indexOf("-") + 1);
  if (!DECIMAL.test(digits)) return undefined;
  const index = Number(digits);
  return index <= SHARD_INDEX_MAX ? index : undefined;
}
