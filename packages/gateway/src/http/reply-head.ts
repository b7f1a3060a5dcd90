/** What every reply of the port carries besides its own headers. */
import { STATUS_CODES } from "node:http";
import type { Clock } from "@millrace/base";

/** Parts of the ids of a port's replies. */
export interface ReplyIds {
  readonly requestId: string;
  /** 64 base64 characters, the same for the life of the process; the rest of x-amz-id-2 names the request. */
  readonly hostId: string;
}

/** Names and values alternating: the ids, `own`, and the length where it is known. */
export function replyHeaders(ids: ReplyIds, own: readonly string[], contentLength: number | undefined): string[] {
  const headers = ["x-amzn-RequestId", ids.requestId];
  let preflight = false;
  for (const part of own) {
    headers.push(part);
    if (part === "Access-Control-Max-Age") preflight = true;
  }
  if (!preflight) {
    const name = Buffer.from(ids.requestId.replaceAll("-", ""), "hex").toString("base64");
    headers.push("x-amz-id-2", ids.hostId + name);
  }
  if (contentLength !== undefined) headers.push("Content-Length", String(contentLength));
  return headers;
}

/** Status line, headers and blank line of HTTP/1.1. */
export function http1Head(status: number, headers: readonly string[]): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n`;
  for (let index = 0; index + 1 < headers.length; index += 2) text += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return `${text}\r\n`;
}

/** The `Date` of replies, made anew every second. */
export class ReplyDate {
  readonly #clock: Clock;
  #second = -1;
  #text = "";

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get text(): string {
    const second = Math.floor(this.#clock.nowMs() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = new Date(second * 1000).toUTCString();
    }
    return this.#text;
  }
}
