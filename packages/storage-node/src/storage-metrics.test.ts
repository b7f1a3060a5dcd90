import { afterEach, expect, test } from "vitest";
import { ThreeNodes } from "./testing/three-nodes.ts";

let nodes: ThreeNodes | undefined;

afterEach(async () => {
  await nodes?.close();
  nodes = undefined;
});

async function start(shardMetrics: string[]): Promise<ThreeNodes> {
  nodes = await ThreeNodes.start({ limits: "aws", stream: { shardMetrics } });
  return nodes;
}

/** The shard's metric at its leader; undefined when it is not exported. */
async function shardMetric(cluster: ThreeNodes, name: string): Promise<number | undefined> {
  const { adminEndpoint } = cluster.nodes.get(cluster.ids[0])?.ready ?? expect.unreachable("the leader runs");
  const text = await (await fetch(`${adminEndpoint}/metrics`)).text();
  const line = text
    .split("\n")
    .find((each) => each.startsWith(`millrace_${name}{`) && each.includes('stream="orders"'));
  return line === undefined ? undefined : Number(line.split(" ").at(-1));
}

const big = "x".repeat(300 * 1024);

test("refused writes, refused reads and the age of readers are told by shard where monitoring asks for them", async () => {
  const cluster = await start([
    "WriteProvisionedThroughputExceeded",
    "ReadProvisionedThroughputExceeded",
    "IteratorAgeMilliseconds",
  ]);
  const leader = cluster.to(cluster.ids[0]);
  const outcomes = [];
  for (let count = 0; count < 8; count += 1) outcomes.push(await leader.append(1, [big, "small"]));
  const accepted = outcomes.reduce((sum, { acceptedCount }) => sum + acceptedCount, 0);
  expect(accepted).toBeLessThan(16);
  expect(await shardMetric(cluster, "shard_write_throttled_records_total")).toBe(16 - accepted);
  const request = { shardUid: 1, fromOffset: 0, countsAgainstLimits: true };
  const behind = await leader.read({ ...request, maxRecords: 1 });
  expect(behind.last.status).toBe("STATUS_OK");
  expect(await shardMetric(cluster, "shard_iterator_age_seconds")).toBeGreaterThan(0);
  await leader.read({ ...request, fromOffset: accepted });
  expect(await shardMetric(cluster, "shard_iterator_age_seconds")).toBe(0);
  const reads = await Promise.all(Array.from({ length: 10 }, () => leader.read({ ...request, maxRecords: 1 })));
  const throttled = reads.filter(({ last }) => last.status === "THROTTLED").length;
  expect(throttled).toBeGreaterThan(0);
  expect(await shardMetric(cluster, "shard_read_throttled_total")).toBe(throttled);
});

test("without enhanced monitoring nothing is told by shard", async () => {
  const cluster = await start([]);
  const leader = cluster.to(cluster.ids[0]);
  for (let count = 0; count < 8; count += 1) await leader.append(1, [big]);
  await leader.read({ shardUid: 1, fromOffset: 0, countsAgainstLimits: true });
  for (const name of [
    "shard_write_throttled_records_total",
    "shard_iterator_age_seconds",
    "shard_incoming_bytes_total",
  ]) {
    expect(await shardMetric(cluster, name)).toBeUndefined();
  }
});
