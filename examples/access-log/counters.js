/** What a log line adds to, and where the counters are. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Redis keys. */
export const COUNTS = "{access-log}:counts";
export const POSITIONS = "{access-log}:positions";
export const SCRIPT = readFileSync(join(import.meta.dirname, "count.lua"), "utf8");

const LINE = /\[(\d\d)\/(\w{3})\/(\d{4}):(\d\d:\d\d):\d\d [^\]]*\] "[^"]*" (\d{3})/;

/** "2026 Jan 01 00:05 404" of a line in Apache's format; empty for anything else. */
export function counterOf(line) {
  const [, day, month, year, minute, status] = LINE.exec(line) ?? [];
  return status === undefined ? "" : `${year} ${month} ${day} ${minute} ${status}`;
}

/** A record's place in its shard as text that sorts as records do. */
export function positionOf({ sequenceNumber, subSequenceNumber }) {
  return `${sequenceNumber.padStart(60, "0")}:${String(subSequenceNumber).padStart(10, "0")}`;
}

/** The counters as numbers. */
export async function readCounts(redis) {
  const entries = Object.entries(await redis.hgetall(COUNTS));
  return new Map(entries.map(([counter, count]) => [counter, Number(count)]));
}

/** All counted lines. */
export function totalOf(counts) {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
