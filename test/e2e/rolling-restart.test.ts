/** All three nodes are restarted one after another under producers that never pause: no error, nothing lost, nothing twice. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchCluster, type LaunchedCluster } from "@millrace/testkit";
import { KinesisCaller } from "../contract/kinesis-caller.ts";
import { millrace } from "./run-command.ts";
import { SteadyProducers } from "./steady-producers.ts";

let cluster: LaunchedCluster;
let kinesis: KinesisCaller;
const StreamName = "rolling";
const SHARDS = 12;

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

async function healthy(): Promise<void> {
  const { exitCode, stderr } = await millrace([
    "cluster",
    "health",
    "--wait",
    "--timeout",
    "60",
    "--data-dir",
    cluster.dataDir,
  ]);
  expect([exitCode, stderr]).toEqual([0, ""]);
}

test("a rolling restart costs no put an error", async () => {
  await healthy();
  const producers = new SteadyProducers({ kinesis, StreamName, label: "roll", clients: 10, recordsPerPut: 10 });
  await producers.everyClientGoesOn();
  const slowest: Record<string, string> = {};
  for (const { name, pid } of cluster.processes().filter(({ role }) => role === "storage-node")) {
    producers.slowestMs = 0;
    cluster.kill(name, "SIGTERM");
    const pidNow = (): number | undefined => cluster.processes().find((each) => each.name === name)?.pid;
    await expect.poll(pidNow, { timeout: 30_000 }).not.toBe(pid);
    await cluster.waitHealthy();
    await healthy();
    await producers.everyClientGoesOn();
    slowest[name] = `${Math.round(producers.slowestMs)} ms`;
  }
  await producers.stop();
  // For whoever reads the log: a correctness test asserts no time.
  const slow = `${producers.slowCount} of ${producers.requests} puts took more than 500 ms`;
  process.stderr.write(`slowest put while each node restarted: ${JSON.stringify(slowest)}; ${slow}\n`);
  expect(producers.failures).toEqual([]);
  await producers.expectStoredOnce(SHARDS);
}, 120_000);
