/**
 * Nodes are added, drained, decommissioned, lost and replaced under producers that never pause. Every acknowledged record
 * is verified, and every copy of every shard against the others.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchCluster, temporaryDirectory, type LaunchedCluster } from "@millrace/testkit";
import { KinesisCaller } from "../contract/kinesis-caller.ts";
import { millrace, repository } from "./run-command.ts";
import { SteadyProducers } from "./steady-producers.ts";

interface NodeLine {
  readonly nodeId: string;
  readonly address: string;
  readonly zone: string;
  readonly alive: boolean;
  readonly duty: string;
  readonly leaders: number;
  readonly replicas: number;
}

let cluster: LaunchedCluster;
let kinesis: KinesisCaller;
let producers: SteadyProducers;
let added: ChildProcess | undefined;
const addedDirectory = temporaryDirectory();
const StreamName = "operated";
const SHARDS = 6;

beforeAll(async () => {
  cluster = await launchCluster({ nodes: 3, limits: "off", env: { MILLRACE_REPLACE_AFTER_MS: "2000" } });
  kinesis = new KinesisCaller(cluster.endpoint);
  await kinesis.ok("CreateStream", { StreamName, ShardCount: SHARDS });
  await kinesis.waitActive(StreamName);
  producers = new SteadyProducers({ kinesis, StreamName, label: "op", clients: 8, recordsPerPut: 10 });
});

afterAll(async () => {
  await producers.stop();
  kinesis.close();
  added?.kill("SIGKILL");
  await cluster.stop();
  addedDirectory.remove();
});

/** Runs a command that must succeed; answers what it printed. */
async function operate(...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await millrace([...args, "--data-dir", cluster.dataDir]);
  if (exitCode !== 0) throw new Error(`millrace ${args.join(" ")}: ${stderr}`);
  return stdout.toString();
}

const nodes = async (): Promise<NodeLine[]> => JSON.parse(await operate("node", "list", "--json")) as NodeLine[];
const healthy = (): Promise<string> => operate("cluster", "health", "--wait", "--timeout", "60");

/** A fourth storage node, started by hand as an operator would on another machine. */
async function addNode(zone: string): Promise<string> {
  const record = cluster.processes().find(({ role }) => role === "coordinator");
  added = spawn(
    process.execPath,
    [
      join(repository, "packages/storage-node/dist/main.js"),
      `--coordinators=${record?.endpoint}`,
      `--zone=${zone}`,
      `--data-dir=${addedDirectory.path}`,
      "--limits=off",
    ],
    { stdio: "ignore" },
  );
  const before = new Set(cluster.processes().map(({ id }) => id));
  let nodeId: string | undefined;
  const find = async (): Promise<string | undefined> =>
    (nodeId = (await nodes()).find((node) => !before.has(node.nodeId) && node.alive)?.nodeId);
  await expect.poll(find, { timeout: 20_000, interval: 300 }).toBeDefined();
  return nodeId ?? "";
}

test("a drained node leads nothing, keeps its copies, and leads again when it is undrained", async () => {
  await producers.everyClientGoesOn();
  await operate("node", "drain", "node-1", "--wait", "--timeout", "30");
  const [drained] = (await nodes()).filter(({ duty }) => duty === "draining");
  expect(drained).toMatchObject({ leaders: 0, replicas: SHARDS, alive: true });
  await producers.everyClientGoesOn();
  await operate("node", "undrain", "node-1");
  const leads = async (): Promise<number[]> => (await nodes()).map(({ leaders }) => leaders).toSorted((a, b) => a - b);
  await expect.poll(leads, { timeout: 30_000, interval: 300 }).toEqual([2, 2, 2]);
}, 90_000);

test("a new node takes its share, and a decommissioned one gives everything away", async () => {
  const without = await millrace(["node", "decommission", "node-2", "--data-dir", cluster.dataDir]);
  expect([without.exitCode, without.stderr]).toEqual([2, expect.stringContaining("another node in zone b")]);
  const nodeId = await addNode("b");
  const share = async (): Promise<number | undefined> =>
    (await nodes()).find((node) => node.nodeId === nodeId)?.replicas;
  await expect.poll(share, { timeout: 30_000, interval: 300 }).toBe(SHARDS / 2);
  await operate("node", "decommission", "node-2", "--wait", "--timeout", "60");
  const all = JSON.parse(await operate("node", "list", "--all", "--json")) as NodeLine[];
  const gone = all.find(({ duty }) => duty === "decommissioned");
  expect(gone).toMatchObject({ leaders: 0, replicas: 0 });
  expect((await nodes()).map((node) => node.nodeId)).not.toContain(gone?.nodeId);
  expect(await operate("node", "list")).toContain("not listed: 1 decommissioned node (millrace node list --all)");
  expect(await share()).toBe(SHARDS);
  await healthy();
  await producers.everyClientGoesOn();
}, 120_000);

test("a node that is killed and comes back with an empty disk is replaced without a word from anybody", async () => {
  const before = (await nodes()).find(({ zone, alive }) => zone === "c" && alive);
  cluster.kill("node-3");
  // Gone before `up` starts it again: what comes back is another node at the old address.
  rmSync(join(cluster.dataDir, "node-3"), { recursive: true, force: true });
  const successor = async (): Promise<NodeLine | undefined> =>
    (await nodes()).find(({ zone, nodeId, alive }) => zone === "c" && alive && nodeId !== before?.nodeId);
  await expect.poll(async () => (await successor())?.replicas, { timeout: 60_000, interval: 300 }).toBe(SHARDS);
  await healthy();
  await producers.everyClientGoesOn();
}, 120_000);

test("every copy equals the others, and nothing acknowledged is lost", async () => {
  expect((await nodes()).filter((node) => node.alive && node.replicas > 0)).toHaveLength(3);
  await producers.stop();
  expect(producers.failures).toEqual([]);
  const verified = await operate("shard", "verify", StreamName);
  expect(
    verified
      .trim()
      .split("\n")
      .filter((line) => line.includes(": equal (3 copies")),
  ).toHaveLength(SHARDS);
  await producers.expectStoredOnce(SHARDS);
}, 60_000);
