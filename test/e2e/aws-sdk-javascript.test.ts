/** The AWS SDK for JavaScript as its users run it: HTTP/2 prior knowledge on http://, ALPN on https://. */
import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
  DescribeStreamConsumerCommand,
  DescribeStreamSummaryCommand,
  SubscribeToShardCommand,
  waitUntilStreamExists,
} from "@aws-sdk/client-kinesis";
import { NodeHttp2Handler } from "@smithy/node-http-handler";
import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { launchCluster, type LaunchedCluster } from "@millrace/testkit";

let cluster: LaunchedCluster | undefined;
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };

afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
});

async function useEverything(client: KinesisClient): Promise<void> {
  const StreamName = "sdk";
  await client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
  await waitUntilStreamExists({ client, maxWaitTime: 30, minDelay: 1 }, { StreamName });
  const summary = await client.send(new DescribeStreamSummaryCommand({ StreamName }));
  const StreamARN = summary.StreamDescriptionSummary?.StreamARN ?? "";
  const Records = Array.from({ length: 20 }, (_, index) => ({
    PartitionKey: `k${index}`,
    Data: Buffer.from(`record ${index}`),
  }));
  const put = await client.send(new PutRecordsCommand({ StreamName, Records }));
  expect(put.FailedRecordCount).toBe(0);
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({ StreamName, ShardId: "shardId-000000000000", ShardIteratorType: "TRIM_HORIZON" }),
  );
  const page = await client.send(new GetRecordsCommand({ ShardIterator }));
  expect(page.Records?.map((record) => Buffer.from(record.Data ?? []).toString())).toEqual(
    Records.map((record) => record.Data.toString()),
  );
  const { Consumer } = await client.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "sdk" }));
  const ConsumerARN = Consumer?.ConsumerARN;
  await expect
    .poll(
      async () =>
        (await client.send(new DescribeStreamConsumerCommand({ ConsumerARN }))).ConsumerDescription?.ConsumerStatus,
    )
    .toBe("ACTIVE");
  const { EventStream } = await client.send(
    new SubscribeToShardCommand({
      ConsumerARN,
      ShardId: "shardId-000000000000",
      StartingPosition: { Type: "TRIM_HORIZON" },
    }),
  );
  const received: string[] = [];
  for await (const event of EventStream ?? []) {
    for (const record of event.SubscribeToShardEvent?.Records ?? [])
      received.push(Buffer.from(record.Data ?? []).toString());
    if (received.length >= Records.length) break;
  }
  expect(received).toEqual(Records.map((record) => record.Data.toString()));
}

test("the SDK works unchanged over h2c", async () => {
  cluster = await launchCluster({ single: true, limits: "off" });
  const client = new KinesisClient({ endpoint: cluster.endpoint, region: "us-east-1", credentials });
  await useEverything(client);
  client.destroy();
});

test("the SDK works unchanged over https", async () => {
  cluster = await launchCluster({ single: true, limits: "off", tls: true });
  expect(cluster.endpoint.startsWith("https://")).toBe(true);
  const ca = readFileSync(cluster.certificateFile ?? "");
  const client = new KinesisClient({
    endpoint: cluster.endpoint,
    region: "us-east-1",
    credentials,
    requestHandler: new NodeHttp2Handler({ nodeHttp2ConnectOptions: { ca } }),
  });
  await useEverything(client);
  client.destroy();
});
