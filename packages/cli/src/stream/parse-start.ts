/** Where reading begins, as the command line says it. */
import { ServiceError } from "@millrace/base";
import type { ShardStart } from "./shard-reader.ts";

/** The start that `--from` names. Errors: USAGE. */
export function parseStart(text: string): ShardStart {
  if (text === "trim-horizon") return { type: "TRIM_HORIZON" };
  if (text === "latest") return { type: "LATEST" };
  const timestamp = new Date(text);
  if (!Number.isNaN(timestamp.getTime())) return { type: "AT_TIMESTAMP", timestamp };
  throw new ServiceError(
    "USAGE",
    `--from must be trim-horizon, latest or a time such as 2026-01-31T12:00:00Z, not "${text}"`,
  );
}
