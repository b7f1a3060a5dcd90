import { cbor } from "@smithy/core/cbor";
import { describe, expect, test } from "vitest";
import { encodeError, encodeResponse } from "./encode-response.ts";
import { internalFailure, kinesisError, resourceNotFound, serializationError } from "./kinesis-error.ts";
import { operations } from "./operation.ts";

const record = {
  SequenceNumber: "1",
  Data: Buffer.from([0xff, 0, 1]),
  ApproximateArrivalTimestamp: 1_609_459_199_123,
  PartitionKey: undefined,
};

describe("responses", () => {
  test("JSON: seconds with three decimals, base64, absent members left out", () => {
    const body = encodeResponse("json", "GetRecords", { Records: [record], MillisBehindLatest: 0 });
    expect(body.toString()).toBe(
      '{"Records":[{"SequenceNumber":"1","ApproximateArrivalTimestamp":1609459199.123,"Data":"/wAB"}],"MillisBehindLatest":0}',
    );
  });

  test("CBOR: tag 1 around integer milliseconds, bytes", () => {
    const body = encodeResponse("cbor", "GetRecords", { Records: [record], MillisBehindLatest: 0 });
    expect(body.toString("hex")).toContain("c11b00000176bb3e6c93");
    expect(cbor.deserialize(body)).toMatchObject({ Records: [{ Data: Buffer.from([0xff, 0, 1]) }] });
  });

  test("an operation without output answers zero bytes", () => {
    expect(encodeResponse("json", "CreateStream", undefined)).toHaveLength(0);
    expect(encodeResponse("cbor", "CreateStream", undefined)).toHaveLength(0);
  });

  test("forty operations, none of them about channels", () => {
    expect(operations.size).toBe(40);
    expect([...operations.keys()].filter((name) => /Channel/.test(name))).toEqual([]);
  });
});

describe("errors", () => {
  test("the message is spelt as its kind spells it", () => {
    expect(encodeError("json", resourceNotFound("gone")).toString()).toBe(
      '{"__type":"ResourceNotFoundException","message":"gone"}',
    );
    expect(encodeError("json", serializationError("bad")).toString()).toBe(
      '{"__type":"SerializationException","Message":"bad"}',
    );
    expect(encodeError("json", internalFailure()).toString()).toBe('{"__type":"InternalFailure"}');
    expect(cbor.deserialize(encodeError("cbor", resourceNotFound("gone")))).toEqual({
      __type: "ResourceNotFoundException",
      message: "gone",
    });
  });

  test("status", () => {
    expect(kinesisError("InternalFailureException").status).toBe(500);
    expect(kinesisError("KMSOptInRequired").status).toBe(400);
    expect(kinesisError("AccessDeniedException").status).toBe(400);
    expect(kinesisError("NoSuchThing").status).toBe(500);
  });
});
