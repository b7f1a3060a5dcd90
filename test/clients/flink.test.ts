/** Flink's Kinesis sink and source on its mini-cluster: what the sink writes, the source reads back, each record once. */
import { CreateStreamCommand, KinesisClient, waitUntilStreamExists } from "@aws-sdk/client-kinesis";
import { afterEach, expect, test } from "vitest";
import { launchCluster, type LaunchedCluster } from "@millrace/testkit";
import { run } from "../e2e/run-command.ts";
import { everyClient, javaProgram, type RunnableProgram } from "./toolchain.ts";

const StreamName = "flink";
const RECORDS = 2000;
/** Flink 1.15 is older than Java 17 and looks into its classes. */
const OPENED = ["java.util", "java.lang"].flatMap((name) => ["--add-opens", `java.base/${name}=ALL-UNNAMED`]);
let cluster: LaunchedCluster | undefined;

afterEach(async () => {
  await cluster?.stop();
});

async function writeAndReadBack(flink: RunnableProgram): Promise<void> {
  cluster = await launchCluster({ nodes: 3, limits: "off" });
  const { endpoint } = cluster;
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
  const client = new KinesisClient({ endpoint, region: "us-east-1", credentials });
  await client.send(new CreateStreamCommand({ StreamName, ShardCount: 3 }));
  await waitUntilStreamExists({ client, maxWaitTime: 30, minDelay: 1 }, { StreamName });
  client.destroy();
  const args = [...OPENED, ...flink.args, endpoint, StreamName, String(RECORDS)];
  const result = await run(flink.command, args);
  expect({ exitCode: result.exitCode, stderr: result.exitCode === 0 ? "" : result.stderr }).toEqual({
    exitCode: 0,
    stderr: "",
  });
  const lines = result.stdout.toString().trim().split("\n");
  const numbers = lines.map((line) => Number((JSON.parse(line) as { data: string }).data.replace("record ", "")));
  expect(numbers.toSorted((left, right) => left - right)).toEqual(
    Array.from({ length: RECORDS }, (_, index) => index + 1),
  );
}

test("Flink writes and reads back by polling", { timeout: 400_000 }, async ({ skip }) => {
  if (!everyClient) return skip("make clients runs it: it fetches Flink");
  const flink = await javaProgram("flink", "FlinkJob");
  return "absent" in flink ? skip(flink.absent) : writeAndReadBack(flink);
});
