/**
 * The head of an ordinary API request over HTTP/1.1: `POST /` with a declared length and nothing that needs thought. It is
 * accepted only where every reader of RFC 9112 must see the same request; for all others the answer is undefined and Node's
 * server, which knows the whole protocol, takes the connection.
 */

/** A request head: `rawHeaders` alternates names and values, as Node gives them. */
export interface PlainHead {
  readonly rawHeaders: readonly string[];
  readonly contentLength: number;
}

const REQUEST_LINE = "POST / HTTP/1.1\r\n";
/** A field line: a token, a colon, visible text (RFC 9110 §5.5, §5.6.2). No two parts can match the same character. */
const FIELD = /([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e]*)\r\n/y;
const LENGTH = /^(0|[1-9][0-9]{0,8})$/;
const FIELDS_MAX = 100;
/** Streams its answer, which is Node's task. */
const STREAMING_TARGET = ".SubscribeToShard";

/** The head in `bytes` up to `end`, the position behind its blank line; undefined: not an ordinary one. */
export function parsePlainHead(bytes: Buffer, end: number): PlainHead | undefined {
  const text = bytes.toString("latin1", 0, end - 2);
  if (!text.startsWith(REQUEST_LINE)) return undefined;
  const rawHeaders: string[] = [];
  let contentLength = -1;
  let hosts = 0;
  let targets = 0;
  let position = REQUEST_LINE.length;
  while (position < text.length) {
    FIELD.lastIndex = position;
    const field = FIELD.exec(text);
    if (field === null || rawHeaders.length >= FIELDS_MAX * 2) return undefined;
    position = FIELD.lastIndex;
    const [, name = "", padded = ""] = field;
    const value = padded.trim();
    rawHeaders.push(name, value);
    switch (name.toLowerCase()) {
      case "host":
        hosts += 1;
        break;
      case "x-amz-target":
        targets += 1;
        if (value.endsWith(STREAMING_TARGET)) return undefined;
        break;
      case "content-length":
        if (contentLength >= 0 || !LENGTH.test(value)) return undefined;
        contentLength = Number(value);
        break;
      case "connection":
        if (value.toLowerCase() !== "keep-alive") return undefined;
        break;
      // These change how a message is read, or what becomes of its connection.
      case "transfer-encoding":
      case "expect":
      case "upgrade":
      case "te":
      case "trailer":
      case "http2-settings":
      case "proxy-connection":
        return undefined;
      default:
    }
  }
  return contentLength < 0 || hosts !== 1 || targets !== 1 ? undefined : { rawHeaders, contentLength };
}
