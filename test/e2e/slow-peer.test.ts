/** A node that hangs under load holds nobody up, costs bounded memory, and catches up while the load goes on. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchCluster, type LaunchedCluster, type LaunchedProcess } from "@millrace/testkit";
import { KinesisCaller } from "../contract/kinesis-caller.ts";
import { PutLedger } from "./put-ledger.ts";

const MiB = 1024 * 1024;
const StreamName = "slow-peer";
const SHARDS = 8;
const WHILE_HUNG_BYTES = 96 * MiB;
const RECORD_BYTES = MiB / 4;
/** Three lanes to each of two peers, the catch-up lane far below its limit; what a lane may hold is in lane-writer.ts. */
const PEER_BYTES_MAX = 2 * 64 * MiB;

let cluster: LaunchedCluster;
let kinesis: KinesisCaller;
let ledger: PutLedger;

beforeAll(async () => {
  cluster = await launchCluster({
    nodes: 3,
    limits: "off",
    env: { MILLRACE_CATCH_UP_BYTES_PER_SECOND: String(32 * MiB) },
  });
  kinesis = new KinesisCaller(cluster.endpoint);
  await kinesis.ok("CreateStream", { StreamName, ShardCount: SHARDS });
  await kinesis.waitActive(StreamName);
  ledger = new PutLedger(kinesis, StreamName, SHARDS);
});

afterAll(async () => {
  kinesis.close();
  await cluster.stop();
});

const nodes = (): LaunchedProcess[] => cluster.processes().filter(({ role }) => role === "storage-node");

async function gauge(node: LaunchedProcess, start: string): Promise<number> {
  const text = await (await fetch(`${node.adminEndpoint}/metrics`)).text();
  const line = text.split("\n").find((each) => each.startsWith(start));
  expect(line, `${start} is exported`).toBeDefined();
  return Number(line?.split(" ").at(-1));
}

/** Puts to every shard at once until `bytes` are acknowledged; calls `between` after each round. */
async function load(bytes: number, between: () => Promise<void>): Promise<void> {
  let taken = 0;
  for (let round = 0; taken < bytes && round < 10_000; round += 1) {
    const answers = await Promise.all(Array.from({ length: SHARDS }, (_, shard) => ledger.put(shard, RECORD_BYTES)));
    taken += answers.filter(({ status }) => status === 200).length * RECORD_BYTES;
    await between();
  }
  expect(taken).toBeGreaterThanOrEqual(bytes);
}

test("a hung peer holds nobody up, costs bounded memory and catches up under load", async () => {
  const [, , hung] = nodes();
  const others = nodes().filter(({ id }) => id !== hung?.id);
  await ledger.putEverywhere();
  cluster.kill(hung?.id ?? "", "SIGSTOP");
  await ledger.putEverywhere();
  await load(WHILE_HUNG_BYTES, async () => {
    for (const node of others) {
      expect(await gauge(node, 'millrace_queue_depth{queue="peer_bytes"')).toBeLessThanOrEqual(PEER_BYTES_MAX);
      expect(await gauge(node, 'millrace_queue_depth{queue="undurable_bytes"')).toBeLessThanOrEqual(PEER_BYTES_MAX);
    }
  });
  expect(
    Math.max(...(await Promise.all(others.map((node) => gauge(node, "millrace_replication_lag_records"))))),
  ).toBeGreaterThan(0);
  cluster.kill(hung?.id ?? "", "SIGCONT");
  const caughtUp = new AbortController();
  const loaded = (async () => {
    while (!caughtUp.signal.aborted) await load(2 * MiB, async () => undefined);
  })();
  for (const node of others) {
    await expect.poll(() => gauge(node, "millrace_replication_lag_records"), { timeout: 60_000 }).toBeLessThan(20);
  }
  caughtUp.abort();
  await loaded;
  // It counts again: with one of the others gone it is needed for every put.
  cluster.kill(others[0]?.id ?? "", "SIGSTOP");
  await ledger.putEverywhere();
  await ledger.expectReadable();
  cluster.kill(others[0]?.id ?? "", "SIGCONT");
  await cluster.waitHealthy();
});
