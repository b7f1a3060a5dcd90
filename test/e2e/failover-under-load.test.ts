/** Leaders die and hang under producers that never pause: no request fails, nothing is stored twice, nothing is lost. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchCluster, type LaunchedCluster } from "@millrace/testkit";
import { KinesisCaller } from "../contract/kinesis-caller.ts";
import { SteadyProducers } from "./steady-producers.ts";

let cluster: LaunchedCluster;
let kinesis: KinesisCaller;
const StreamName = "under-load";
const SHARDS = 6;
const CLIENTS = 20;
const RECORDS_PER_PUT = 10;

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

const produce = (label: string): SteadyProducers => {
  return new SteadyProducers({ kinesis, StreamName, label, clients: CLIENTS, recordsPerPut: RECORDS_PER_PUT });
};

const nodeIds = (): string[] =>
  cluster
    .processes()
    .filter(({ role }) => role === "storage-node")
    .map(({ id }) => id);

test.each([
  ["SIGKILL", 0],
  ["SIGKILL", 1],
  ["SIGSTOP", 2],
  ["SIGSTOP", 0],
] as const)("%s of node %i costs no client an error and stores nothing twice", async (signal, index) => {
  const producers = produce(`${signal}-${index}`);
  await producers.everyClientGoesOn();
  const victim = nodeIds()[index] ?? "";
  cluster.kill(victim, signal);
  await producers.everyClientGoesOn();
  await producers.everyClientGoesOn();
  if (signal === "SIGSTOP") cluster.kill(victim, "SIGCONT");
  await producers.everyClientGoesOn();
  await producers.stop();
  expect(producers.failures).toEqual([]);
  await producers.expectStoredOnce(SHARDS);
  await cluster.waitHealthy();
});

test("control operations asked while the coordinator starts again only take longer", async () => {
  cluster.kill("coordinator", "SIGKILL");
  await new Promise((resolve) => setTimeout(resolve, 50));
  await Promise.all([
    kinesis.ok("CreateStream", { StreamName: "while-away", ShardCount: 1 }),
    kinesis.ok("ListStreams", {}),
    kinesis.ok("DescribeStreamSummary", { StreamName }),
  ]);
  await kinesis.waitActive("while-away");
});
