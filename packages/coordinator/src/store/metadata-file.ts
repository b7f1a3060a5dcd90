/**
 * Metadata as a file: a line of JSON `{"millrace":"metadata","version":1,"records":N,"sha256":"…"}`, then a line
 * `["key","value"]` for each record, by key. The sum is over all lines but the first.
 */
import { createHash } from "node:crypto";
import { ServiceError } from "@millrace/base";
import type { StoredRecords } from "./metadata-transfer.ts";

const VERSION = 1;

interface Header {
  readonly millrace: string;
  readonly version: number;
  readonly records: number;
  readonly sha256: string;
}

/** The file's text. Equal records give equal text. */
export function encodeMetadataFile(records: StoredRecords): string {
  const sorted = [...records].sort(([a], [b]) => (a < b ? -1 : 1));
  const body = sorted.map((record) => `${JSON.stringify(record)}\n`).join("");
  const header: Header = { millrace: "metadata", version: VERSION, records: records.size, sha256: sumOf(body) };
  return `${JSON.stringify(header)}\n${body}`;
}

/** The inverse. Fails with USAGE when it is no such file, is cut short or was changed. */
export function decodeMetadataFile(text: string): StoredRecords {
  const end = text.indexOf("\n");
  const header = parse(text.slice(0, Math.max(0, end))) as Partial<Header> | undefined;
  if (header?.millrace !== "metadata") throw new ServiceError("USAGE", "that is not a file of exported metadata");
  if (header.version !== VERSION) {
    throw new ServiceError("USAGE", `the file has version ${header.version}, this program reads ${VERSION}`);
  }
  const body = text.slice(end + 1);
  if (sumOf(body) !== header.sha256) {
    throw new ServiceError("USAGE", "the file is damaged: it is not as it was exported");
  }
  return new Map(body.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as [string, string]])));
}

function sumOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // The caller says what is wrong with the file.
    return undefined;
  }
}
