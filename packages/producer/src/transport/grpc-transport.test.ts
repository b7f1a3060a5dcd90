import { expect, test } from "vitest";
import { grpcTransport, type GrpcCaller } from "./grpc-transport.ts";

const { signal } = new AbortController();

/** A caller that answers the same every time, and what it was asked. */
function answering(answer: Awaited<ReturnType<GrpcCaller["call"]>>): { caller: GrpcCaller; asked: unknown[] } {
  const asked: unknown[] = [];
  const call: GrpcCaller["call"] = (method, request, { metadata }) => {
    asked.push([method, request, metadata]);
    return Promise.resolve(answer);
  };
  return { caller: { call }, asked };
}

test("a request carries its identity, and outcomes come out", async () => {
  const records = [{ shardId: "s", sequenceNumber: "1" }, { errorCode: "InternalFailure", errorMessage: "no" }, {}];
  const { caller, asked } = answering({ message: { records } });
  const transport = grpcTransport(caller, "arn:aws:kinesis:us-east-1:000000000000:stream/s", () => ({
    authorization: "a",
  }));
  const data = Buffer.from("x");
  expect(
    await transport.putRecords(
      [{ partitionKey: "k", explicitHashKey: "7", data }],
      { invocationId: "id", attempt: 1 },
      signal,
    ),
  ).toEqual([
    { shardId: "s", sequenceNumber: "1" },
    { errorCode: "InternalFailure", errorMessage: "no" },
    { errorCode: "NoOutcome", errorMessage: "" },
  ]);
  const streamArn = "arn:aws:kinesis:us-east-1:000000000000:stream/s";
  expect(asked).toEqual([
    [
      "PutRecords",
      { streamArn, records: [{ partitionKey: "k", explicitHashKey: "7", data }] },
      { authorization: "a", "amz-sdk-invocation-id": "id", "amz-sdk-request": "attempt=1" },
    ],
  ]);
});

test.each([
  [5, "ResourceNotFoundException", "refused"],
  [3, "InvalidArgumentException", "refused"],
  [8, "ProvisionedThroughputExceededException", "throttled"],
  [14, "ServiceUnavailable", "unavailable"],
  [13, undefined, "unavailable"],
  [4, undefined, "unavailable"],
  [1, undefined, "unavailable"],
])("status %i with %s is %s", async (code, type, kind) => {
  const trailers = type === undefined ? {} : { "kinesis-error-type": type };
  const { caller } = answering({ failure: { code, details: "why", trailers } });
  await expect(grpcTransport(caller, "s").listShards(signal)).rejects.toMatchObject({ kind, name: "TransportError" });
});
