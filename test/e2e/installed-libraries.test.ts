/** The snippets of the libraries' pages, run by somebody who has installed the packages and knows nothing of this repository. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PutRecordCommand, type KinesisClient } from "@aws-sdk/client-kinesis";
import { launchCluster, type LaunchedCluster, type TemporaryDirectory } from "@millrace/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { redisAbsent, startRedis } from "../../packages/worker/src/redis/testing/redis-server.ts";
import { compile, installLibraries, runInstalled } from "./installed-libraries.ts";
import { repository } from "./run-command.ts";
import { createStream, readStream, testClient } from "./stream-reader.ts";

let directory: TemporaryDirectory;
let cluster: LaunchedCluster;
let client: KinesisClient;

beforeAll(async () => {
  [directory, cluster] = await Promise.all([
    installLibraries(["producer", "rpc", "worker"]),
    launchCluster({ single: true, limits: "off" }),
  ]);
  client = testClient(cluster.endpoint);
});

afterAll(async () => {
  client.destroy();
  await cluster.stop();
  directory.remove();
});

/** The complete programs of a page, with the address of this test's cluster in place of the usual one. */
function programsOf(page: string): string[] {
  const text = readFileSync(join(repository, "docs", page), "utf8");
  return [...text.matchAll(/```ts\n(import .*?)```/gs)].map((match) =>
    (match[1] ?? "")
      .replaceAll("http://127.0.0.1:4567", cluster.endpoint)
      .replaceAll("127.0.0.1:4568", cluster.grpcEndpoint ?? ""),
  );
}

async function expectRuns(file: string): Promise<void> {
  const { exitCode, stdout, stderr } = await runInstalled(directory.path, file);
  expect({ exitCode, stdout: stdout.toString(), stderr }).toEqual({ exitCode: 0, stdout: "", stderr: "" });
}

async function storedData(): Promise<string[]> {
  const { records } = await readStream(client, "visits");
  return records.map(({ partitionKey, data }) => `${partitionKey} ${data}`);
}

test("producer: compiles, runs and ends, as TypeScript and as JavaScript", async () => {
  await createStream(client, "visits", 1);
  const [program = "", overGrpc = ""] = programsOf("producer.md");
  const put = 'await producer.put({ partitionKey: "g", data: "grpc" });\nawait producer.close();\ncaller.close();\n';
  const required = program.replaceAll(/^import (\{.*\}) from (".*");$/gm, "const $1 = require($2);");
  const files = {
    "producer.ts": program,
    "grpc.ts": overGrpc + put,
    "plain.js": program,
    "old.cjs": `void (async () => {\n${required}})();\n`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory.path, name), text);
  expect(await compile(directory.path, "producer.ts")).toBe("");
  expect(await compile(directory.path, "grpc.ts")).toBe("");
  for (const name of ["producer.js", "grpc.js", "plain.js", "old.cjs"]) await expectRuns(name);
  const visit = 'user-7 {"page":"/"}';
  expect(await storedData()).toEqual([visit, "g grpc", visit, visit]);
});

test.skipIf(redisAbsent !== undefined)(
  "worker: compiles, reads and ends by itself when it is told to, polling as TypeScript and by fan-out as JavaScript",
  async () => {
    await using redis = await startRedis();
    await createStream(client, "orders", 1);
    await client.send(new PutRecordCommand({ StreamName: "orders", PartitionKey: "o-1", Data: Buffer.from("hello") }));
    const program = (programsOf("worker.md")[0] ?? "").replace("redis://127.0.0.1:6379", redis.url);
    const fanOut = program
      .replace("orders-app", "fan-out-app")
      .replace("  handler:", '  read: { kind: "fan-out", consumerName: "installed" },\n  handler:');
    writeFileSync(join(directory.path, "worker.ts"), program);
    writeFileSync(join(directory.path, "fan-out.js"), fanOut);
    expect(await compile(directory.path, "worker.ts")).toBe("");
    for (const file of ["worker.js", "fan-out.js"]) {
      const { exitCode, stdout, stderr } = await runInstalled(directory.path, file, "hello");
      const printed = "shardId-000000000000 o-1 hello\n";
      expect({ file, exitCode, stdout: stdout.toString(), stderr }).toEqual({
        file,
        exitCode: 0,
        stdout: printed,
        stderr: "",
      });
    }
  },
);
