/**
 * What an HTTP request to the API is, decided before anybody is authenticated: a known operation in one of two
 * encodings, or an answer that is final. Pure; the server that calls it owns sockets, request ids and `Date`.
 */
import type { DocumentProtocol } from "./coerce-input.ts";
import { parseBody } from "./decode-request.ts";
import { encodeError } from "./encode-response.ts";
import type { OperationName } from "./generated/api.ts";
import { kinesisError, serializationError, type KinesisError } from "./kinesis-error.ts";
import { isOperationName } from "./operation.ts";

/** Largest request body: 10 MiB of records in base64, 500 keys and their JSON around them. Beyond it: {@link bodyTooLarge}. */
export const REQUEST_BODY_BYTES_MAX: number = 16 * 1024 * 1024;

const TARGET_PREFIX = "Kinesis_20131202.";
const mediaTypes: Readonly<Record<DocumentProtocol, string>> = {
  json: "application/x-amz-json-1.1",
  cbor: "application/x-amz-cbor-1.1",
};
const ACCESS_DENIED_TEXT =
  "<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be authorized</Message>\n</AccessDeniedException>\n";
const EXPOSED_HEADERS = "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date";

/** A request whose body has been read. Header names are in lower case, as Node gives them. */
export interface HttpRequestFacts {
  readonly method: string;
  readonly headers: HttpHeaders;
  readonly body: Buffer;
}

/** Header values by lower-case name; the first of several counts. */
export type HttpHeaders = Readonly<{ [name: string]: string | readonly string[] | undefined }>;

/** A final answer. `headers` lacks only what the server adds to every answer (request ids, Date, Content-Length). */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: Buffer;
  /** Preflights carry no `x-amz-id-2`. */
  readonly preflight: boolean;
}

/** See the file comment. */
export type HttpDecision =
  | { readonly kind: "operation"; readonly protocol: DocumentProtocol; readonly operation: OperationName }
  | { readonly kind: "answer"; readonly answer: HttpAnswer };

/** Decides in the service's order: preflight, method, body present, media type, body parses (unknown targets), target. */
export function decideRequest(request: HttpRequestFacts): HttpDecision {
  const { method, headers, body } = request;
  if (method === "OPTIONS" && headerOf(headers, "origin") !== undefined) return answer(preflight(headers));
  if (method !== "POST") return answer(plain(403, ACCESS_DENIED_TEXT, headers));
  const target = headerOf(headers, "x-amz-target") ?? "";
  const operation = target.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : "";
  const mediaType = (headerOf(headers, "content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const unknown = kinesisError("UnknownOperationException");
  if (body.length === 0) {
    const protocol = mediaType === mediaTypes.json ? "json" : "cbor";
    return answer(errorAnswer(protocol, isOperationName(operation) ? serializationError() : unknown, headers));
  }
  const protocol = mediaType === mediaTypes.json ? "json" : mediaType === mediaTypes.cbor ? "cbor" : undefined;
  if (protocol === undefined) return answer(foreignMediaType(mediaType, target, headers, body));
  if (isOperationName(operation)) return { kind: "operation", protocol, operation };
  const parsed = parseBody(protocol, body);
  return answer(errorAnswer(protocol, "error" in parsed ? parsed.error : unknown, headers));
}

/** Headers of every answer to a request with these headers: the cross-origin ones, none without an `Origin`. */
export function crossOriginHeaders(headers: HttpHeaders): { readonly [name: string]: string } {
  if (headerOf(headers, "origin") === undefined) return {};
  return { "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": EXPOSED_HEADERS };
}

/** `Content-Type` of answers in `protocol`. */
export function mediaTypeOf(protocol: DocumentProtocol): string {
  return mediaTypes[protocol];
}

/** The whole answer for `error`. `headers` are the request's. */
export function errorAnswer(protocol: DocumentProtocol, error: KinesisError, headers: HttpHeaders): HttpAnswer {
  return {
    status: error.status,
    headers: { "Content-Type": mediaTypes[protocol], ...crossOriginHeaders(headers) },
    body: encodeError(protocol, error),
    preflight: false,
  };
}

/** The answer to a body beyond {@link REQUEST_BODY_BYTES_MAX}. */
export function bodyTooLarge(headers: HttpHeaders): HttpAnswer {
  return plain(413, "", headers);
}

/** The value of a header, the first when it was sent several times. `name` in lower case. */
export function headerOf(headers: HttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "object" ? value[0] : value;
}

function preflight(headers: HttpHeaders): HttpAnswer {
  const asked = headerOf(headers, "access-control-request-headers");
  const method = headerOf(headers, "access-control-request-method");
  return {
    status: 200,
    headers: {
      "Access-Control-Allow-Origin": "*",
      "Access-Control-Max-Age": "172800",
      ...(asked === undefined ? {} : { "Access-Control-Allow-Headers": asked }),
      ...(method === undefined ? {} : { "Access-Control-Allow-Methods": method }),
    },
    body: Buffer.alloc(0),
    preflight: true,
  };
}

function foreignMediaType(mediaType: string, target: string, headers: HttpHeaders, body: Buffer): HttpAnswer {
  if (mediaType === "application/json") {
    const fails = "error" in parseBody("json", body);
    const type = `com.amazon.coral.service#${fails ? "SerializationException" : "UnknownOperationException"}`;
    const text = JSON.stringify({ Output: { __type: type }, Version: "1.0" });
    const { headers: common, ...rest } = plain(fails ? 400 : 404, text, headers);
    return { ...rest, headers: { "Content-Type": mediaType, ...common } };
  }
  const [service, operation] = target.split(".");
  const complete = service !== undefined && service !== "" && operation !== undefined && operation !== "";
  return complete ? plain(404, "<UnknownOperationException/>\n", headers) : plain(403, ACCESS_DENIED_TEXT, headers);
}

function plain(status: number, text: string, headers: HttpHeaders): HttpAnswer {
  return { status, headers: crossOriginHeaders(headers), body: Buffer.from(text), preflight: false };
}

function answer(value: HttpAnswer): HttpDecision {
  return { kind: "answer", answer: value };
}
