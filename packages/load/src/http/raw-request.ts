/** Requests encoded once, before the clock runs: a generator that shares two cores must not spend them on JSON. */

/** A signature that is well-formed and not checked: clusters without configured credentials accept any. */
const AUTHORIZATION =
  "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/kinesis/aws4_request, " +
  "SignedHeaders=content-type;host;x-amz-date;x-amz-target, " +
  "Signature=0000000000000000000000000000000000000000000000000000000000000000";

/**
 * The bytes of one POST of the JSON 1.1 protocol. `input` is an object or JSON already made; an `invocationId` marks
 * repeats of a request as such, as SDKs do.
 */
export function encodeRequest(operation: string, input: object | string, invocationId?: string): Buffer {
  const body = Buffer.from(typeof input === "string" ? input : JSON.stringify(input));
  const head = [
    "POST / HTTP/1.1",
    "Host: 127.0.0.1",
    "Content-Type: application/x-amz-json-1.1",
    `X-Amz-Target: Kinesis_20131202.${operation}`,
    "X-Amz-Date: 20260101T000000Z",
    `Authorization: ${AUTHORIZATION}`,
    ...(invocationId === undefined ? [] : [`amz-sdk-invocation-id: ${invocationId}`]),
    `Content-Length: ${body.length}`,
    "",
    "",
  ];
  return Buffer.concat([Buffer.from(head.join("\r\n")), body]);
}
