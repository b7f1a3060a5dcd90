import { cbor } from "@smithy/core/cbor";
import { describe, expect, test } from "vitest";
import { bodyTooLarge, decideRequest, type HttpAnswer, type HttpHeaders } from "./http-decision.ts";

const KNOWN = "Kinesis_20131202.ListStreams";
const DENIED =
  "<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be authorized</Message>\n</AccessDeniedException>\n";

function answer(method: string, headers: HttpHeaders, body = ""): HttpAnswer {
  const decision = decideRequest({ method, headers, body: Buffer.from(body) });
  if (decision.kind !== "answer") throw new Error("an answer was expected");
  return decision.answer;
}

describe("operations", () => {
  test.each([
    ["application/x-amz-json-1.1", "json"],
    ["  application/x-amz-json-1.1  ;whatever", "json"],
    ["application/x-amz-cbor-1.1", "cbor"],
  ])("%s", (type, protocol) => {
    const headers = { "content-type": type, "x-amz-target": KNOWN };
    expect(decideRequest({ method: "POST", headers, body: Buffer.from("{") })).toEqual({
      kind: "operation",
      protocol,
      operation: "ListStreams",
    });
  });

  test.each(["Kinesis_20131202.Nope", "Kinesis_20131202.ListChannels", "Kinesis_20131202.constructor", "x", undefined])(
    "unknown target %s: the body is looked at first",
    (target) => {
      const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": target };
      const good = answer("POST", headers, "{}");
      expect([good.status, good.body.toString()]).toEqual([400, '{"__type":"UnknownOperationException"}']);
      expect(answer("POST", headers, "{").body.toString()).toBe('{"__type":"SerializationException"}');
    },
  );
});

describe("everything else", () => {
  test("methods", () => {
    for (const method of ["GET", "OPTIONS", "PUT"]) {
      const { status, headers, body } = answer(method, {});
      expect([status, headers, body.toString()]).toEqual([403, {}, DENIED]);
    }
  });

  test("preflight", () => {
    const asked = { origin: "x", "access-control-request-headers": "a,b", "access-control-request-method": "POST" };
    expect(answer("OPTIONS", asked)).toEqual({
      status: 200,
      headers: {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Max-Age": "172800",
        "Access-Control-Allow-Headers": "a,b",
        "Access-Control-Allow-Methods": "POST",
      },
      body: Buffer.alloc(0),
      preflight: true,
    });
    expect(answer("GET", { origin: "x" }).headers).toMatchObject({ "Access-Control-Allow-Origin": "*" });
  });

  test("empty bodies: JSON for JSON, CBOR for anything else", () => {
    const json = answer("POST", { "content-type": "application/x-amz-json-1.1", "x-amz-target": KNOWN });
    expect([json.status, json.body.toString()]).toEqual([400, '{"__type":"SerializationException"}']);
    for (const type of [undefined, "application/json", "application/x-amz-cbor-1.1", "text/html"]) {
      const { status, headers, body } = answer("POST", { "content-type": type });
      expect([status, headers["Content-Type"]]).toEqual([400, "application/x-amz-cbor-1.1"]);
      expect(cbor.deserialize(body)).toEqual({ __type: "UnknownOperationException" });
    }
  });

  test("foreign media types", () => {
    const types = ["application/x-amz-json-1.0", "text/plain", undefined];
    for (const type of types) {
      const incomplete = answer("POST", { "content-type": type, "x-amz-target": "Kinesis_20131202." }, "{}");
      expect([incomplete.status, incomplete.body.toString()]).toEqual([403, DENIED]);
      const complete = answer("POST", { "content-type": type, "x-amz-target": "a.b" }, "{}");
      expect([complete.status, complete.body.toString()]).toEqual([404, "<UnknownOperationException/>\n"]);
    }
    const json = { "content-type": "application/json", "x-amz-target": KNOWN };
    expect(answer("POST", json, "{}").body.toString()).toBe(
      '{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}',
    );
    expect(answer("POST", json, "[]")).toMatchObject({ status: 400 });
  });

  test("too large", () => {
    expect(bodyTooLarge({})).toMatchObject({ status: 413, body: Buffer.alloc(0) });
  });
});
