/** The gRPC API as a stranger uses it: the published proto file, grpc-js and proto-loader, nothing of ours. */
import { join } from "node:path";
import {
  credentials,
  loadPackageDefinition,
  Metadata,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ServiceClientConstructor,
  type ServiceError,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchCluster, type LaunchedCluster } from "@millrace/testkit";

type Message = Record<string, unknown>;
type Client = InstanceType<ServiceClientConstructor>;

const protos = join(import.meta.dirname, "../../proto");
const grpcModules = join(import.meta.dirname, "../../node_modules");
let cluster: LaunchedCluster;
let client: Client;

function connect(path: string, includeDirs: string[], service: string): Client {
  let found: unknown = loadPackageDefinition(loadSync(path, { includeDirs, longs: Number, enums: String }));
  for (const part of service.split(".")) found = (found as Record<string, unknown>)[part];
  return new (found as ServiceClientConstructor)(cluster.grpcEndpoint ?? "", credentials.createInsecure());
}

/** One unary call; the error has `code`, `details` and trailing `metadata`. */
function call(method: string, message: Message, to: Client = client): Promise<Message> {
  return new Promise((resolve, reject) => {
    const unary = to[method] as (
      request: Message,
      metadata: Metadata,
      callback: (error: ServiceError | null, reply: Message) => void,
    ) => void;
    unary.call(to, message, new Metadata(), (error, reply) => (error === null ? resolve(reply) : reject(error)));
  });
}

async function createStream(streamName: string, shardCount: number): Promise<void> {
  await call("createStream", { streamName, shardCount });
  const status = async (): Promise<unknown> => {
    const { streamDescriptionSummary } = await call("describeStreamSummary", { streamName });
    return (streamDescriptionSummary as Message)["streamStatus"];
  };
  await expect.poll(status).toBe("ACTIVE");
}

beforeAll(async () => {
  cluster = await launchCluster({ single: true });
  client = connect("millrace/v1/kinesis.proto", [protos], "millrace.v1.Kinesis");
});

afterAll(async () => {
  client.close();
  await cluster.stop();
});

test("a record that is put is read back byte for byte", async () => {
  const streamName = "unary";
  await createStream(streamName, 1);
  const data = Buffer.from([0, 255, 128, 10]);
  const put = await call("putRecord", { streamName, partitionKey: "k", data });
  expect(put).toMatchObject({ shardId: "shardId-000000000000", sequenceNumber: expect.stringMatching(/^\d{56}$/) });
  const { shardIterator } = await call("getShardIterator", {
    streamName,
    shardId: "shardId-000000000000",
    shardIteratorType: "TRIM_HORIZON",
  });
  const read = await call("getRecords", { shardIterator });
  expect(read["records"]).toEqual([
    expect.objectContaining({ partitionKey: "k", data, sequenceNumber: put["sequenceNumber"] }),
  ]);
  expect(read["millisBehindLatest"]).toBe(0);
  const listed = await call("listStreams", {});
  expect(listed["streamNames"]).toContain(streamName);
});

test("an error is a status whose trailer names the exception", async () => {
  const error = (await call("describeStreamSummary", { streamName: "absent" }).catch(
    (thrown: unknown) => thrown,
  )) as ServiceError;
  expect(error.code).toBe(5);
  expect(error.details).toBe("Stream absent under account 000000000000 not found.");
  expect(error.metadata.get("kinesis-error-type")).toEqual(["ResourceNotFoundException"]);
  await expect(call("putRecord", { streamName: "not/valid", partitionKey: "k" })).rejects.toMatchObject({ code: 3 });
});

test("a put stream answers in the order of its requests, and a failing one ends it", async () => {
  const streamName = "streamed";
  await createStream(streamName, 2);
  const stream = client["putRecordsStream"] as () => ClientDuplexStream<Message, Message>;
  const puts = stream.call(client);
  const answers: Message[] = [];
  puts.on("data", (answer: Message) => answers.push(answer));
  const ended = new Promise<void>((resolve, reject) => puts.on("end", resolve).on("error", reject));
  // Each request has another number of records: answers in another order would show.
  const sizes = Array.from({ length: 60 }, (_, index) => (index % 7) + 1);
  sizes.forEach((size, request) => {
    const records = Array.from({ length: size }, (_, index) => ({
      partitionKey: `${request}/${index}`,
      data: Buffer.from(`${request}`),
    }));
    puts.write({ streamName, records });
  });
  puts.end();
  await ended;
  expect(answers.map(({ records }) => (records as Message[]).length)).toEqual(sizes);
  expect(answers.every(({ failedRecordCount }) => failedRecordCount === 0)).toBe(true);

  const failing = stream.call(client);
  const failure = new Promise<ServiceError>((resolve) => failing.on("error", resolve).on("data", () => {}));
  failing.write({ streamName: "absent", records: [{ partitionKey: "k", data: Buffer.from("x") }] });
  expect((await failure).metadata.get("kinesis-error-type")).toEqual(["ResourceNotFoundException"]);
});

test("a subscription pushes what is put after it began, in order", async () => {
  const streamName = "subscribed";
  await createStream(streamName, 1);
  const { streamDescriptionSummary } = await call("describeStreamSummary", { streamName });
  const { streamArn } = streamDescriptionSummary as { streamArn: string };
  const { consumer } = await call("registerStreamConsumer", { streamArn, consumerName: "reader" });
  const { consumerArn } = consumer as { consumerArn: string };
  const status = async (): Promise<unknown> => {
    const { consumerDescription } = await call("describeStreamConsumer", { consumerArn });
    return (consumerDescription as Message)["consumerStatus"];
  };
  await expect.poll(status).toBe("ACTIVE");
  await call("putRecord", { streamName, partitionKey: "first", data: Buffer.alloc(0) });
  const subscribe = client["subscribeToShard"] as (request: Message) => ClientReadableStream<Message>;
  const events = subscribe.call(client, {
    consumerArn,
    shardId: "shardId-000000000000",
    startingPosition: { type: "TRIM_HORIZON" },
  });
  const keys: unknown[] = [];
  const continuations: unknown[] = [];
  events.on("error", () => {});
  events.on("data", (event: Message) => {
    for (const record of (event["records"] ?? []) as Message[]) keys.push(record["partitionKey"]);
    continuations.push(event["continuationSequenceNumber"]);
  });
  await expect.poll(() => keys).toEqual(["first"]);
  for (const partitionKey of ["second", "third"]) {
    await call("putRecord", { streamName, partitionKey, data: Buffer.from("x") });
  }
  await expect.poll(() => keys).toEqual(["first", "second", "third"]);
  expect(continuations.every((number) => /^\d{56}$/.test(String(number)))).toBe(true);
  events.cancel();

  const refused = subscribe.call(client, {
    consumerArn: consumerArn.replace("reader", "nobody"),
    shardId: "0",
    startingPosition: { type: "LATEST" },
  });
  const error = await new Promise<ServiceError>((resolve) => refused.on("error", resolve).on("data", () => {}));
  expect(error.metadata.get("kinesis-error-type")).toEqual(["ResourceNotFoundException"]);
});

test("reflection lists the service and health says that it serves", async () => {
  const reflection = connect(
    "reflection/v1/reflection.proto",
    [join(grpcModules, "@grpc/reflection/build/proto/grpc")],
    "grpc.reflection.v1.ServerReflection",
  );
  const info = reflection["serverReflectionInfo"] as () => ClientDuplexStream<Message, Message>;
  const asking = info.call(reflection);
  const answer = new Promise<Message>((resolve, reject) => asking.on("data", resolve).on("error", reject));
  asking.write({ listServices: "" });
  const { listServicesResponse } = (await answer) as { listServicesResponse: { service: { name: string }[] } };
  expect(listServicesResponse.service.map(({ name }) => name)).toContain("millrace.v1.Kinesis");
  asking.end();
  reflection.close();

  const health = connect(
    "health/v1/health.proto",
    [join(grpcModules, "grpc-health-check/proto")],
    "grpc.health.v1.Health",
  );
  for (const service of ["", "millrace.v1.Kinesis"]) {
    expect(await call("check", { service }, health)).toEqual({ status: "SERVING" });
  }
  health.close();
});
