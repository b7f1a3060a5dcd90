/** The AWS SDK for JavaScript against these functions, without a socket between them. */
import { Readable } from "node:stream";
import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordsCommand,
  SubscribeToShardCommand,
} from "@aws-sdk/client-kinesis";
import { sha256Hex } from "@millrace/base";
import { expect, test } from "vitest";
import { decodeRequest } from "./decode-request.ts";
import { encodeGetRecords, encodeShardEvent } from "./encode-records.ts";
import { encodeResponse } from "./encode-response.ts";
import {
  encodeErrorMessage,
  encodeInitialResponse,
  encodeShardEventMessage,
  EVENT_STREAM_MEDIA_TYPE,
} from "./event-message.ts";
import type { OperationName } from "./generated/api.ts";
import { decideRequest, errorAnswer, mediaTypeOf } from "./http-decision.ts";
import { resourceInUse, resourceNotFound, type KinesisError } from "./kinesis-error.ts";
import { scanPutRecords } from "./scan-put-records.ts";
import { verifySignature } from "./verify-signature.ts";

const SECRET = "a-secret";

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array;
}

type Reply = Buffer | KinesisError | { readonly events: readonly Buffer[] };

/** A client whose requests are decided, verified and decoded here, and answered with what `reply` says. */
function client(reply: (operation: OperationName, input: unknown, body: Buffer) => Reply): KinesisClient {
  const handle = (request: unknown): Promise<object> => {
    const { method, path, headers, body: raw } = request as Sent;
    const body = Buffer.from(raw);
    const decision = decideRequest({ method, headers, body });
    if (decision.kind === "answer") throw new Error("the SDK sends operations");
    const { protocol, operation } = decision;
    const verified = verifySignature(
      { method, path, query: "", headers: Object.entries(headers), bodySha256Hex: sha256Hex(body) },
      { credentialsOf: () => ({ secretAccessKey: SECRET }), nowMs: Date.now() },
    );
    const decoded = decodeRequest(protocol, operation, body);
    const failed = "error" in verified ? verified.error : "error" in decoded ? decoded.error : undefined;
    const result = failed ?? reply(operation, "ok" in decoded ? decoded.ok : undefined, body);
    const answer =
      "type" in result
        ? errorAnswer(protocol, result, headers)
        : "events" in result
          ? { status: 200, headers: { "Content-Type": EVENT_STREAM_MEDIA_TYPE }, body: Buffer.concat(result.events) }
          : { status: 200, headers: { "Content-Type": mediaTypeOf(protocol) }, body: result };
    const lowerCase = Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), value]);
    const response = {
      statusCode: answer.status,
      headers: Object.fromEntries(lowerCase),
      body: Readable.from([answer.body]),
    };
    return Promise.resolve({ response });
  };
  return new KinesisClient({
    region: "us-east-1",
    endpoint: "http://localhost:4567",
    credentials: { accessKeyId: "key", secretAccessKey: SECRET },
    requestHandler: { handle } as never,
    maxAttempts: 1,
  });
}

test("puts arrive, by the scanner as by the decoder", async () => {
  const Records = [
    { Data: Buffer.from([0, 255]), PartitionKey: "a" },
    { Data: Buffer.alloc(0), PartitionKey: "b", ExplicitHashKey: "7" },
  ];
  const sdk = client((operation, input, body) => {
    expect([operation, input]).toEqual(["PutRecords", { StreamName: "s", Records }]);
    expect(scanPutRecords(body)).toMatchObject({ streamName: "s", recordCount: 2 });
    return encodeResponse("json", "PutRecords", {
      FailedRecordCount: 0,
      Records: [{ ShardId: "x", SequenceNumber: "1" }, {}],
    });
  });
  const output = await sdk.send(new PutRecordsCommand({ StreamName: "s", Records }));
  expect(output).toMatchObject({ FailedRecordCount: 0, Records: [{ ShardId: "x", SequenceNumber: "1" }, {}] });
});

test("times and blobs survive both ways", async () => {
  const time = new Date(1_609_459_199_123);
  const iterator = client((_operation, input) => {
    expect(input).toMatchObject({ Timestamp: time.getTime() });
    return encodeResponse("json", "GetShardIterator", { ShardIterator: "i" });
  });
  const arguments_ = { StreamName: "s", ShardId: "0", ShardIteratorType: "AT_TIMESTAMP", Timestamp: time } as const;
  expect(await iterator.send(new GetShardIteratorCommand(arguments_))).toMatchObject({ ShardIterator: "i" });

  const record = Buffer.concat([Buffer.from([0, 0, 0, 2, 0, 1, 0]), Buffer.from("k"), Buffer.from([0, 255])]);
  const run = {
    shard: { shardCreatedSeconds: 1000, shardIndex: 0 },
    bytes: record,
    position: 0,
    recordCount: 1,
    firstOffset: 0,
    arrivalMs: time.getTime(),
  };
  const expected = { ApproximateArrivalTimestamp: time, PartitionKey: "k", Data: Uint8Array.from([0, 255]) };
  const records = client(() =>
    encodeGetRecords("json", { runs: [run], millisBehindLatest: 5, nextShardIterator: "n" }),
  );
  const read = await records.send(new GetRecordsCommand({ ShardIterator: "i" }));
  expect(read).toMatchObject({ MillisBehindLatest: 5, NextShardIterator: "n" });
  const [first] = read.Records ?? [];
  expect({ ...first, Data: Uint8Array.from(first?.Data ?? []) }).toMatchObject(expected);

  const events = [
    encodeInitialResponse(),
    encodeShardEventMessage(encodeShardEvent({ runs: [run], continuationSequenceNumber: "7", millisBehindLatest: 0 })),
    encodeErrorMessage(resourceInUse("taken over"), true),
  ];
  const subscription = await client(() => ({ events })).send(
    new SubscribeToShardCommand({
      ConsumerARN: "arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/c:1",
      ShardId: "0",
      StartingPosition: { Type: "LATEST" },
    }),
  );
  const seen: unknown[] = [];
  const reading = async (): Promise<void> => {
    for await (const event of subscription.EventStream ?? [])
      seen.push(event.SubscribeToShardEvent?.ContinuationSequenceNumber);
  };
  await expect(reading()).rejects.toMatchObject({ name: "ResourceInUseException", message: "taken over" });
  expect(seen).toEqual(["7"]);
});

test("errors have their names and messages", async () => {
  const gone = client(() => resourceNotFound("Stream s under account 000000000000 not found."));
  await expect(gone.send(new DescribeStreamSummaryCommand({ StreamName: "s" }))).rejects.toMatchObject({
    name: "ResourceNotFoundException",
    message: "Stream s under account 000000000000 not found.",
  });
  const invalid = client(() => Buffer.alloc(0));
  await expect(invalid.send(new DescribeStreamSummaryCommand({ StreamName: "*" }))).rejects.toMatchObject({
    name: "ValidationException",
    message: /^1 validation error detected: Value '\*' at 'streamName'/,
  });
});
