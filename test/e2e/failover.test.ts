/** Nodes and the coordinator die, hang and come back while clients put and get. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchCluster, type LaunchedCluster } from "@millrace/testkit";
import { KinesisCaller } from "../contract/kinesis-caller.ts";
import { millrace } from "./run-command.ts";

let cluster: LaunchedCluster;
let kinesis: KinesisCaller;
const StreamName = "failover";
const SHARDS = 6;

beforeAll(async () => {
  cluster = await launchCluster({ nodes: 3, limits: "off" });
  kinesis = new KinesisCaller(cluster.endpoint);
  await kinesis.ok("CreateStream", { StreamName, ShardCount: SHARDS });
  await kinesis.waitActive(StreamName);
});

afterAll(async () => {
  kinesis.close();
  await cluster.stop();
});

/** Puts one record to every shard until all have taken one; answers what was acknowledged. */
async function putEverywhere(label: string): Promise<Map<string, string>> {
  const acknowledged = new Map<string, string>();
  const width = (1n << 128n) / BigInt(SHARDS);
  await expect
    .poll(
      async () => {
        for (let shard = 0; shard < SHARDS; shard += 1) {
          const key = `${label}-${shard}`;
          if (acknowledged.has(key)) continue;
          const answer = await kinesis.call("PutRecord", {
            StreamName,
            PartitionKey: key,
            ExplicitHashKey: (width * BigInt(shard)).toString(),
            Data: Buffer.from(key).toString("base64"),
          });
          if (answer.status === 200) acknowledged.set(key, answer.body["SequenceNumber"] as string);
        }
        return acknowledged.size;
      },
      { timeout: 30_000 },
    )
    .toBe(SHARDS);
  return acknowledged;
}

async function expectReadable(acknowledged: ReadonlyMap<string, string>): Promise<void> {
  const found = new Map<string, string>();
  for (let shard = 0; shard < SHARDS; shard += 1) {
    const start = await kinesis.ok("GetShardIterator", {
      StreamName,
      ShardId: String(shard),
      ShardIteratorType: "TRIM_HORIZON",
    });
    let ShardIterator: unknown = start["ShardIterator"];
    for (;;) {
      const page = await kinesis.ok("GetRecords", { ShardIterator });
      for (const record of page["Records"] as { PartitionKey: string; SequenceNumber: string }[]) {
        found.set(record.PartitionKey, record.SequenceNumber);
      }
      if (page["MillisBehindLatest"] === 0) break;
      ShardIterator = page["NextShardIterator"];
    }
  }
  for (const [key, number] of acknowledged) expect([key, found.get(key)]).toEqual([key, number]);
}

const nodes = (): { id: string }[] => cluster.processes().filter((process) => process.role === "storage-node");

/** How many shards each node leads. */
async function leaders(): Promise<number[]> {
  const { stdout } = await millrace(["node", "list", "--json", "--data-dir", cluster.dataDir]);
  return (JSON.parse(stdout.toString()) as { leaders: number }[]).map((node) => node.leaders);
}

test("a killed node's shards fail over and keep every acknowledged record", async () => {
  const before = await putEverywhere("before-kill");
  cluster.kill(nodes()[0]?.id ?? "", "SIGKILL");
  const after = await putEverywhere("after-kill");
  await expectReadable(new Map([...before, ...after]));
  await cluster.waitHealthy();
  await expectReadable(new Map([...before, ...after]));
});

test("a hung node's shards fail over, and the node is harmless when it wakes", async () => {
  const before = await putEverywhere("before-hang");
  const victim = nodes()[1]?.id ?? "";
  cluster.kill(victim, "SIGSTOP");
  const during = await putEverywhere("during-hang");
  cluster.kill(victim, "SIGCONT");
  const after = await putEverywhere("after-hang");
  await expectReadable(new Map([...before, ...during, ...after]));
  await cluster.waitHealthy();
});

test("a killed coordinator changes nothing for running producers and consumers", async () => {
  // Leaders that it is giving back to the node of before would have none until it runs again.
  await expect.poll(leaders, { timeout: 30_000, interval: 300 }).toEqual([2, 2, 2]);
  const coordinator = cluster.processes().find((process) => process.role === "coordinator");
  const before = await putEverywhere("before-coordinator");
  cluster.kill(coordinator?.id ?? "", "SIGSTOP");
  const during = await putEverywhere("without-coordinator");
  await expectReadable(new Map([...before, ...during]));
  cluster.kill(coordinator?.id ?? "", "SIGKILL");
  const after = await putEverywhere("after-coordinator");
  await expectReadable(new Map([...before, ...during, ...after]));
  await cluster.waitHealthy();
  await kinesis.ok("CreateStream", { StreamName: "after-coordinator", ShardCount: 1 });
});

test("everything killed at once comes back with every acknowledged record", async () => {
  const before = await putEverywhere("before-power-loss");
  for (const process of cluster.processes()) cluster.kill(process.id, "SIGKILL");
  await cluster.waitHealthy();
  const after = await putEverywhere("after-power-loss");
  await expectReadable(new Map([...before, ...after]));
});
