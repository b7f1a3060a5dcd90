/**
 * The Kinesis Producer Library for Java with its native daemon: what it aggregates is read by the Kinesis Client Library and
 * by our own worker, every record once.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CreateStreamCommand, KinesisClient, waitUntilStreamExists } from "@aws-sdk/client-kinesis";
import { NodeHttp2Handler } from "@smithy/node-http-handler";
import { afterEach, expect, test } from "vitest";
import { realClock } from "@millrace/base";
import { launchCluster, temporaryDirectory, type LaunchedCluster } from "@millrace/testkit";
import { MemoryLeaseStore, Worker, type ConsumedRecord } from "@millrace/worker";
import { isInstalled, run } from "../e2e/run-command.ts";
import { QUIET, WorkerFleet } from "./kcl-worker.ts";
import { startLeaseTables, type LeaseTables } from "./lease-tables.ts";
import { everyClient, javaProgram, javaTrust, type RunnableProgram } from "./toolchain.ts";

const StreamName = "kpl";
const RECORDS = 5000;
const KEYS = 50;
const SHARDS = 3;
/** What is put: a key, a space, the data. The library takes both as UTF-8. */
const LINES = Array.from({ length: RECORDS }, (_, index) => `clé-${index % KEYS} record ${index} ☂`);

const directory = temporaryDirectory();
let cluster: LaunchedCluster | undefined;
let tables: LeaseTables | undefined;
let fleet: WorkerFleet | undefined;

afterEach(async () => {
  fleet?.destroy();
  tables?.close();
  await cluster?.stop();
  directory.remove();
});

/** A directory of certificates as OpenSSL wants it: each under the hash of its subject. */
function trustedDirectory(certificateFile: string): string {
  const hash = execFileSync("openssl", ["x509", "-hash", "-noout", "-in", certificateFile]).toString().trim();
  copyFileSync(certificateFile, join(directory.path, `${hash}.0`));
  return directory.path;
}

async function readByOurWorker(client: KinesisClient, count: number): Promise<ConsumedRecord[]> {
  const records: ConsumedRecord[] = [];
  const worker = new Worker({
    application: "reader",
    client,
    streams: [StreamName],
    leases: new MemoryLeaseStore(realClock).connect(),
    handler: {
      batch(batch) {
        records.push(...batch);
        return Promise.resolve();
      },
    },
  });
  const running = worker.run();
  await expect.poll(() => records.length, { timeout: 60_000 }).toBeGreaterThanOrEqual(count);
  await worker.stop();
  await running;
  return records;
}

async function putAndReadTwice(kpl: RunnableProgram, kcl: RunnableProgram): Promise<void> {
  cluster = await launchCluster({ nodes: 3, tls: true, limits: "off" });
  const certificateFile = cluster.certificateFile ?? "";
  const client = new KinesisClient({
    endpoint: cluster.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
    requestHandler: new NodeHttp2Handler({ nodeHttp2ConnectOptions: { ca: readFileSync(certificateFile) } }),
  });
  await client.send(new CreateStreamCommand({ StreamName, ShardCount: SHARDS }));
  await waitUntilStreamExists({ client, maxWaitTime: 30, minDelay: 1 }, { StreamName });

  const args = [QUIET, ...kpl.args, cluster.endpoint, StreamName, trustedDirectory(certificateFile)];
  const put = await run(kpl.command, args, { stdin: LINES.map((line) => `${line}\n`).join("") });
  expect({ exitCode: put.exitCode, stderr: put.exitCode === 0 ? "" : put.stderr }).toEqual({ exitCode: 0, stderr: "" });
  const results = put.stdout.toString().trim().split("\n");
  expect(results).toHaveLength(RECORDS);
  const stored = new Set(results.map((line) => (JSON.parse(line) as { sequenceNumber: string }).sequenceNumber));
  expect(stored.size).toBeLessThan(RECORDS / 10);

  tables = await startLeaseTables();
  await tables.create(StreamName);
  const java = { command: kcl.command, args: [QUIET, ...(await javaTrust(certificateFile)), ...kcl.args] };
  const workers = new WorkerFleet(java, [cluster.endpoint, tables.endpoint, StreamName, "NAME", "polling"]);
  fleet = workers;
  workers.start("kcl");
  const seen = () => workers.lines.filter(({ step }) => step === "record");
  await workers.waitFor("every record at KCL", () => seen().length >= RECORDS);
  await workers.stop();
  const byText = (left: string, right: string): number => (left < right ? -1 : Number(left > right));
  const expected = LINES.toSorted(byText);
  expect(
    seen()
      .map(({ key, data }) => `${key} ${data}`)
      .toSorted(byText),
  ).toEqual(expected);
  expect(seen().some(({ aggregated }) => aggregated)).toBe(true);

  const ours = await readByOurWorker(client, RECORDS);
  client.destroy();
  const texts = ours.map(({ partitionKey, data }) => `${partitionKey} ${Buffer.from(data).toString()}`);
  expect(texts.toSorted(byText)).toEqual(expected);
  expect(new Set(ours.map(({ sequenceNumber }) => sequenceNumber))).toEqual(stored);
  // Both take the same records out of the same aggregates, in the same places.
  const places = (records: readonly { sequenceNumber?: string; subSequenceNumber?: number }[]): string[] =>
    records.map((each) => `${each.sequenceNumber}/${each.subSequenceNumber}`).toSorted(byText);
  expect(places(ours)).toEqual(places(seen()));
}

test("aggregated by KPL, read by KCL and by our worker", { timeout: 400_000 }, async ({ skip }) => {
  if (!everyClient) return skip("make clients runs it: it fetches a native program of 70 MB");
  if (!isInstalled("openssl", ["version"])) return skip("openssl is not installed");
  const kpl = await javaProgram("kpl", "KplProducer");
  const kcl = await javaProgram("kcl", "KclWorker");
  if ("absent" in kpl) return skip(kpl.absent);
  return "absent" in kcl ? skip(kcl.absent) : putAndReadTwice(kpl, kcl);
});
