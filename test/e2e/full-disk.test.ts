/** Disks that fill: nothing acknowledged is lost, reads go on, and puts succeed again by themselves. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { KinesisClient, PutRecordCommand } from "@aws-sdk/client-kinesis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchCluster, temporaryDirectory, type LaunchedCluster, type LaunchedProcess } from "@millrace/testkit";
import { KinesisCaller } from "../contract/kinesis-caller.ts";
import { PutLedger } from "./put-ledger.ts";
import { SmallDisk, whyNoSmallDisks } from "./small-disks.ts";

const MiB = 1024 * 1024;
const DISK_MIB = 96;
const FLOOR_BYTES = 32 * MiB;
const EXHAUSTED_BYTES = FLOOR_BYTES / 4;
const SHARDS = 6;
const StreamName = "full-disk";
const names = ["node-1", "node-2", "node-3"] as const;

const directory = temporaryDirectory();
const why = whyNoSmallDisks(directory.path);
if (why !== undefined) console.warn(`full disks are not tested: no file system can be mounted here (${why})`);

describe.skipIf(why !== undefined)("disks of 96 MiB with a floor of 32", () => {
  const disks = new Map<string, SmallDisk>();
  let cluster: LaunchedCluster;
  let kinesis: KinesisCaller;
  let ledger: PutLedger;

  const disk = (name: string): SmallDisk => disks.get(name) ?? expect.unreachable(`no disk ${name}`);
  const processOf = (name: string): LaunchedProcess =>
    cluster.processes().find((process) => process.name === name) ?? expect.unreachable(`no process ${name}`);
  const gauge = async (name: string, metric: string): Promise<number> => {
    const text = await (await fetch(`${processOf(name).adminEndpoint}/metrics`)).text();
    const line = text.split("\n").find((each) => each.includes(metric) && !each.startsWith("#"));
    return Number(line?.split(" ").at(-1) ?? Number.NaN);
  };
  const bootOf = (name: string): number =>
    (JSON.parse(readFileSync(join(directory.path, name, "identity.json"), "utf8")) as { boot: number }).boot;
  const expectNoLag = async (): Promise<void> => {
    for (const name of names) {
      await expect.poll(() => gauge(name, "replication_lag_records"), { timeout: 30_000 }).toBe(0);
    }
  };

  beforeAll(async () => {
    for (const name of names) disks.set(name, new SmallDisk(join(directory.path, name), DISK_MIB));
    const env = { MILLRACE_DISK_FLOOR_BYTES: String(FLOOR_BYTES), MILLRACE_SEGMENT_BYTES: String(8 * MiB) };
    cluster = await launchCluster({ nodes: 3, limits: "off", dataDir: directory.path, env });
    kinesis = new KinesisCaller(cluster.endpoint);
    await kinesis.ok("CreateStream", { StreamName, ShardCount: SHARDS });
    await kinesis.waitActive(StreamName);
    ledger = new PutLedger(kinesis, StreamName, SHARDS);
  });

  afterAll(async () => {
    kinesis?.close();
    await cluster?.stop();
    for (const each of disks.values()) each.unmount();
    directory.remove();
  });

  test("one full disk: its shards move, and below a quarter of the floor it takes no copies and lives on", async () => {
    await ledger.putEverywhere();
    const { pid } = processOf("node-1");
    disk("node-1").leaveFree(FLOOR_BYTES - 4 * MiB);
    await expect.poll(() => gauge("node-1", "disk_below_floor"), { timeout: 10_000 }).toBe(1);
    await ledger.putEverywhere();
    await expectNoLag();
    disk("node-1").leaveFree(EXHAUSTED_BYTES - MiB);
    await expect.poll(() => gauge("node-1", "disk_below_floor"), { timeout: 10_000 }).toBe(2);
    for (let round = 0; round < 4; round += 1) {
      for (let shard = 0; shard < SHARDS; shard += 1) {
        expect((await ledger.put(shard, MiB / 4)).status).toBe(200);
      }
    }
    const usedBytes = EXHAUSTED_BYTES - MiB - disk("node-1").freeBytes;
    expect(usedBytes).toBeLessThan(4 * MiB);
    await ledger.expectReadable();
    disk("node-1").empty();
    await expectNoLag();
    expect(processOf("node-1").pid).toBe(pid);
    // What it missed it has now: with another node gone it is needed for every put.
    cluster.kill("node-2", "SIGSTOP");
    await ledger.putEverywhere();
    await ledger.expectReadable();
    cluster.kill("node-2", "SIGCONT");
    await expectNoLag();
  });

  test("no space at all: the node ends, waits without touching anything, and comes back whole", async () => {
    const boot = bootOf("node-3");
    disk("node-3").leaveFree(0);
    for (let round = 0; round < 4; round += 1) {
      await Promise.all(Array.from({ length: SHARDS }, (_, shard) => ledger.put(shard, MiB / 4)));
    }
    // A write that failed has ended it by now, or it noticed in time and lives without writing: then it ends here.
    cluster.kill("node-3", "SIGKILL");
    await ledger.putEverywhere();
    const log = join(directory.path, "logs", "node-3.log");
    await expect.poll(() => readFileSync(log, "utf8"), { timeout: 30_000 }).toContain("to start: free some space");
    expect(bootOf("node-3") - boot).toBeLessThan(2);
    await ledger.putEverywhere();
    await ledger.expectReadable();
    disk("node-3").empty();
    await cluster.waitHealthy();
    await expectNoLag();
    cluster.kill("node-2", "SIGSTOP");
    await ledger.putEverywhere();
    await ledger.expectReadable();
    cluster.kill("node-2", "SIGCONT");
    await expectNoLag();
  });

  test("all disks full: puts are refused so that SDKs retry, reads go on, and space brings puts back", async () => {
    const statuses = new Set<string>();
    const refusedAll = async (): Promise<boolean> => {
      const answers = await Promise.all(Array.from({ length: SHARDS }, (_, shard) => ledger.put(shard, MiB / 4)));
      const refused = answers.filter(({ status }) => status !== 200);
      for (const { status, body } of refused) statuses.add(`${status} ${String(body["__type"])}`);
      return refused.length === SHARDS;
    };
    await expect.poll(refusedAll, { timeout: 60_000, interval: 0 }).toBe(true);
    expect([...statuses].filter((each) => !/^50[03] /.test(each))).toEqual([]);
    expect([...statuses].some((each) => each.endsWith("ServiceUnavailable"))).toBe(true);
    for (const name of names) expect(disk(name).freeBytes).toBeGreaterThan(EXHAUSTED_BYTES);
    await ledger.expectReadable();
    const sdk = new KinesisClient({
      endpoint: cluster.endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
      maxAttempts: 100,
    });
    let answered = false;
    const put = new PutRecordCommand({ StreamName, PartitionKey: "patient", Data: Buffer.from("patient") });
    const patient = sdk.send(put).finally(() => (answered = true));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(answered).toBe(false);
    for (const name of names) disk(name).grow(4 * DISK_MIB);
    const { SequenceNumber, $metadata } = await patient;
    expect(SequenceNumber).toMatch(/^\d+$/);
    expect($metadata.attempts).toBeGreaterThan(1);
    sdk.destroy();
    await ledger.putEverywhere();
    await ledger.expectReadable();
  });
});
