import { Readable } from "node:stream";
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import type { UserRecord } from "@millrace/kinesis";
import { SmithyRpcV2CborProtocol } from "@smithy/core/cbor";
import fc from "fast-check";
import { expect, test } from "vitest";
import { kinesisTransport } from "./kinesis-transport.ts";

interface Sent {
  readonly headers: Record<string, string>;
  readonly body: Uint8Array | string;
}

/** What a request handler of the SDK answers. */
interface Answer {
  readonly statusCode: number;
  readonly text: string;
}

const { signal } = new AbortController();
const STORED = { Records: [{ ShardId: "s", SequenceNumber: "1" }] };

/** A client whose requests end here, and all that it sent. `answers` are used up, the last one for ever. */
function clientWith(
  answers: readonly Answer[],
  asStream = true,
): { readonly client: KinesisClient; readonly sent: Sent[] } {
  const sent: Sent[] = [];
  const left = [...answers];
  const handle = (request: unknown): Promise<unknown> => {
    const { headers, body } = request as Sent;
    sent.push({ headers: { ...headers }, body });
    const { statusCode, text } = left.length > 1 ? (left.shift() as Answer) : (left[0] as Answer);
    const bytes = Buffer.from(text);
    const response = {
      statusCode,
      headers: { "content-type": "application/x-amz-json-1.1" },
      body: asStream ? Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]) : new Uint8Array(bytes),
    };
    return Promise.resolve({ response });
  };
  const client = new KinesisClient({
    endpoint: "http://127.0.0.1:9",
    region: "us-east-1",
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
    requestHandler: { handle } as never,
  });
  return { client, sent };
}

function ok(body: object): Answer {
  return { statusCode: 200, text: JSON.stringify(body) };
}

const userRecord: fc.Arbitrary<UserRecord> = fc.record(
  {
    partitionKey: fc.string({ minLength: 1, maxLength: 30, unit: "binary" }),
    explicitHashKey: fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map(String),
    data: fc.uint8Array({ maxLength: 60 }),
  },
  { requiredKeys: ["partitionKey", "data"] },
);

test("a request says what the SDK's own would say, and is signed and measured like it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(userRecord, { minLength: 1, maxLength: 8 }), async (entries) => {
      const { client, sent } = clientWith([ok(STORED)]);
      await kinesisTransport(client, "visits").putRecords(entries, { invocationId: "id", attempt: 1 }, signal);
      const Records = entries.map(({ partitionKey, explicitHashKey, data }) => ({
        Data: data,
        PartitionKey: partitionKey,
        ExplicitHashKey: explicitHashKey,
      }));
      await client.send(new PutRecordsCommand({ StreamName: "visits", Records }));
      const [ours, theirs] = sent.map(({ body }) => JSON.parse(Buffer.from(body as Uint8Array).toString()) as unknown);
      expect(ours).toEqual(theirs);
      const [{ headers, body } = { headers: {} as Record<string, string>, body: "" }] = sent;
      expect(headers["content-length"]).toBe(String(body.length));
      expect(headers["authorization"]).toMatch(/^AWS4-HMAC-SHA256 /);
      expect(headers["x-amz-target"]).toBe("Kinesis_20131202.PutRecords");
    }),
    { numRuns: 50 },
  );
});

test.each([
  ["in pieces", true],
  ["at once", false],
])("an answer that comes %s has an outcome for each record", async (_, asStream) => {
  const Records = [
    { ShardId: "shardId-0", SequenceNumber: "49" },
    { ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: "Rate exceeded" },
    {},
  ];
  const { client } = clientWith([ok({ FailedRecordCount: 2, Records })], asStream);
  const entries = ["a", "b", "c"].map((partitionKey) => ({ partitionKey, data: Buffer.from("x") }));
  expect(
    await kinesisTransport(client, "visits").putRecords(entries, { invocationId: "id", attempt: 1 }, signal),
  ).toEqual([
    { shardId: "shardId-0", sequenceNumber: "49" },
    { errorCode: "ProvisionedThroughputExceededException", errorMessage: "Rate exceeded" },
    { errorCode: "NoOutcome", errorMessage: "" },
  ]);
});

test("the SDK's own retries send the same request under the same identity", async () => {
  const { client, sent } = clientWith([{ statusCode: 500, text: '{"__type":"InternalFailure"}' }, ok(STORED)]);
  const entries = [{ partitionKey: "k", data: Buffer.from("x") }];
  const arn = "arn:aws:kinesis:us-east-1:000000000000:stream/visits";
  await kinesisTransport(client, arn).putRecords(entries, { invocationId: "the identity", attempt: 1 }, signal);
  expect(sent.map(({ headers }) => headers["amz-sdk-invocation-id"])).toEqual(["the identity", "the identity"]);
  const [first, second] = sent.map(({ body }) => Buffer.from(body as Uint8Array).toString());
  expect(first).toBe(second);
  expect(first).toContain(`"StreamARN":"${arn}"`);
  expect(sent.map(({ headers }) => headers["amz-sdk-request"]?.slice(0, 9))).toEqual(["attempt=1", "attempt=2"]);
});

test("a try after the first is no first try to the service, though the SDK counts anew", async () => {
  const { client, sent } = clientWith([ok(STORED)]);
  const entries = [{ partitionKey: "k", data: Buffer.from("x") }];
  await kinesisTransport(client, "visits").putRecords(entries, { invocationId: "id", attempt: 3 }, signal);
  expect(sent.map(({ headers }) => headers["amz-sdk-request"])).toEqual(["attempt=3"]);
});

test.each([
  [{ statusCode: 400, text: '{"__type":"ResourceNotFoundException","message":"none"}' }, "refused"],
  [{ statusCode: 400, text: '{"__type":"ProvisionedThroughputExceededException"}' }, "throttled"],
  [{ statusCode: 503, text: "busy" }, "unavailable"],
  [{ statusCode: 200, text: "no JSON" }, "unavailable"],
])("%j is %s", async (answer, kind) => {
  const { client } = clientWith([answer]);
  client.config.maxAttempts = () => Promise.resolve(1);
  const put = kinesisTransport(client, "visits").putRecords([], { invocationId: "id", attempt: 1 }, signal);
  await expect(put).rejects.toMatchObject({ name: "TransportError", kind });
});

test("a client that speaks another protocol is refused before anything is sent", async () => {
  const { client, sent } = clientWith([ok(STORED)]);
  client.config.protocol = new SmithyRpcV2CborProtocol({ defaultNamespace: "com.amazonaws.kinesis" }) as never;
  const put = kinesisTransport(client, "visits").putRecords([], { invocationId: "id", attempt: 1 }, signal);
  await expect(put).rejects.toMatchObject({ kind: "refused", code: "UnsupportedProtocol" });
  expect(sent).toEqual([]);
});
