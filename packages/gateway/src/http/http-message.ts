/** One request and its reply, the same for HTTP/1.1, HTTP/2 and TLS. Adapters fill it and decide nothing. */

/** A request with its whole body. */
export interface HttpRequest {
  /** What the reply carries as x-amzn-RequestId and every log line and internal call repeats. */
  readonly requestId: string;
  readonly method: string;
  /** Path and query as received. */
  readonly target: string;
  /** Names and values alternating, in the order received; of HTTP/2 pseudo-headers only the authority is left, as `host`. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** Monotonic time of the arrival of the headers. */
  readonly receivedMs: number;
}

/** A reply known in full. `headers` alternate names and values; the port adds request ids, Date and Content-Length. */
export interface WholeReply {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** A reply that goes on until one side ends it. */
export interface StreamReply {
  readonly status: number;
  readonly headers: readonly string[];
  /** Called once, with the head already sent. */
  start(sink: ReplySink): void;
}

/** What answers a request. */
export type HttpReply = WholeReply | StreamReply;

/** Where a streaming reply writes. Writes after the end or after the client has gone are ignored. */
export interface ReplySink {
  /** False asks the writer to wait for `onDrain`: the client reads slower than is written. */
  write(bytes: Uint8Array): boolean;
  end(): void;
  /** At most one callback each; `onClose` fires once, whoever ended the reply. */
  onDrain(callback: () => void): void;
  onClose(callback: () => void): void;
}

/** Answers one request. A rejection or throw is a defect and becomes InternalFailure. */
export type RequestHandler = (request: HttpRequest) => Promise<HttpReply>;

/** The value of the first header `name` (lower case), or undefined. */
export function headerValue(rawHeaders: readonly string[], name: string): string | undefined {
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const candidate = rawHeaders[index];
    if (candidate !== undefined && candidate.length === name.length && candidate.toLowerCase() === name) {
      return rawHeaders[index + 1];
    }
  }
  return undefined;
}
