/**
 * A copy of a shard is moved by hand under producers that never pause: slowly enough to be watched, and although the leader that
 * feeds it is killed on the way. What is acknowledged stays, and the copies are the same bytes in the end.
 */
import { launchCluster, type LaunchedCluster } from "@millrace/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { KinesisCaller } from "../contract/kinesis-caller.ts";
import { millrace } from "./run-command.ts";
import { SteadyProducers } from "./steady-producers.ts";

const StreamName = "moved";
const MiB = 1024 * 1024;
/** Copied at this rate, what lies in the shard takes long enough to be caught in the middle. */
const CATCH_UP_BYTES_PER_SECOND = MiB / 2;
const SHARD_MIB = 16;

interface Shard {
  readonly leader: string;
  readonly move?: { readonly from: string; readonly to: string; readonly recordsBehind?: number };
  readonly copies: readonly { readonly nodeId: string; readonly zone: string }[];
}

let cluster: LaunchedCluster;
let kinesis: KinesisCaller;

beforeAll(async () => {
  const env = {
    MILLRACE_REBALANCE: "off",
    MILLRACE_CATCH_UP_BYTES_PER_SECOND: String(CATCH_UP_BYTES_PER_SECOND),
  };
  cluster = await launchCluster({ nodes: 4, limits: "off", env });
  kinesis = new KinesisCaller(cluster.endpoint);
  await kinesis.ok("CreateStream", { StreamName, ShardCount: 1 });
  await kinesis.waitActive(StreamName);
  const Data = Buffer.alloc(MiB - 100, "x").toString("base64");
  for (let count = 0; count < SHARD_MIB; count += 1) {
    await kinesis.ok("PutRecord", { StreamName, PartitionKey: `bulk-${count}`, Data });
  }
});

afterAll(async () => {
  kinesis?.close();
  await cluster?.stop();
});

async function operate(...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await millrace([...args, "--data-dir", cluster.dataDir]);
  if (exitCode !== 0) throw new Error(`millrace ${args.join(" ")}: ${stderr}`);
  return stdout.toString();
}

async function shard(): Promise<Shard> {
  const [found] = JSON.parse(await operate("shard", "inspect", StreamName, "0", "--json")) as Shard[];
  if (found === undefined) throw new Error("the stream has a shard");
  return found;
}

const nameOf = (nodeId: string): string => cluster.processes().find(({ id }) => id === nodeId)?.name ?? nodeId;

test("a copy moves under load, with its progress shown, also when the leader that feeds it is killed", async () => {
  const producers = new SteadyProducers({ kinesis, StreamName, label: "mv", clients: 4, recordsPerPut: 5 });
  await producers.everyClientGoesOn();
  const { copies } = await shard();
  const from = copies.find(({ zone }) => zone === "a")?.nodeId ?? "";
  const free = cluster
    .processes()
    .find(({ id, role }) => role === "storage-node" && !copies.some((c) => c.nodeId === id));
  const to = free?.id ?? "";
  await operate("shard", "move", StreamName, "0", "--to", free?.name ?? "", "--from", nameOf(from));

  const behind = async (): Promise<number | undefined> => (await shard()).move?.recordsBehind;
  await expect.poll(behind, { timeout: 30_000, interval: 100 }).toBeGreaterThan(0);
  const again = await millrace(["shard", "move", StreamName, "0", "--to", to, "--data-dir", cluster.dataDir]);
  expect(again).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("another move of the shard is under way"),
  });
  expect(await operate("cluster", "status")).toMatch(/learns, \d+ behind.* -> .*\(requested\)/);
  const health = await millrace(["cluster", "health", "--data-dir", cluster.dataDir]);
  expect(health).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("1 replicas move") });

  cluster.kill(nameOf((await shard()).leader));
  const holders = async (): Promise<string[]> => (await shard()).copies.map(({ nodeId }) => nodeId).toSorted();
  const wanted = [...copies.map(({ nodeId }) => nodeId).filter((nodeId) => nodeId !== from), to].toSorted();
  await expect.poll(holders, { timeout: 90_000, interval: 300 }).toEqual(wanted);
  await operate("cluster", "health", "--wait", "--timeout", "60");
  await producers.everyClientGoesOn();
  await producers.stop();
  expect(producers.failures).toEqual([]);
  expect(await operate("shard", "verify", StreamName)).toMatch(/^shardId-000000000000: equal \(3 copies, \d+ frames/);
  await producers.expectStoredOnce(1);
}, 240_000);

test("moves that cannot be are refused with the reason, and change nothing", async () => {
  const before = await shard();
  const [holder = "", other = ""] = before.copies.map(({ nodeId }) => nameOf(nodeId));
  const nodes = cluster.processes().filter(({ role }) => role === "storage-node");
  const free = nodes.find(({ id }) => before.copies.every(({ nodeId }) => nodeId !== id))?.name ?? "";
  const fromOtherZone = before.copies.find(({ zone }) => zone !== "a")?.nodeId ?? "";
  const refusals: [string[], RegExp][] = [
    [["--to", holder], /holds a copy of the shard already/],
    [["--to", free, "--from", free], /holds no copy/],
    [["--to", free, "--from", nameOf(fromOtherZone)], /a zone holds one copy of a shard/],
    [["--to", "node-9"], /there is no node node-9/],
  ];
  for (const [args, why] of refusals) {
    const { exitCode, stderr } = await millrace([
      "shard",
      "move",
      StreamName,
      "0",
      ...args,
      "--data-dir",
      cluster.dataDir,
    ]);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(why)]);
  }
  expect(other).not.toBe("");
  expect((await shard()).copies.map(({ nodeId }) => nodeId)).toEqual(before.copies.map(({ nodeId }) => nodeId));
}, 60_000);
