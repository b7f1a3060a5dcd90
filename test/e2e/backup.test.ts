/**
 * A stream is backed up while it is written and split, into a directory and into a bucket, and restored under another name:
 * every record is there, in order, byte for byte and under the sequence number it had.
 */
import { createServer, type Server } from "node:http";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchCluster, temporaryDirectory, type LaunchedCluster } from "@millrace/testkit";
import { KinesisCaller } from "../contract/kinesis-caller.ts";
import { scanShard } from "./put-ledger.ts";
import { awsEnvironment, millrace } from "./run-command.ts";
import { SteadyProducers } from "./steady-producers.ts";

let cluster: LaunchedCluster;
let kinesis: KinesisCaller;
let producers: SteadyProducers;
const directory = temporaryDirectory();
const StreamName = "kept";
const MIDDLE = (1n << 127n).toString();

beforeAll(async () => {
  cluster = await launchCluster({ nodes: 3, limits: "off" });
  kinesis = new KinesisCaller(cluster.endpoint);
  await kinesis.ok("CreateStream", { StreamName, ShardCount: 1 });
  await kinesis.waitActive(StreamName);
  producers = new SteadyProducers({ kinesis, StreamName, label: "kept", clients: 4, recordsPerPut: 20 });
});

afterAll(async () => {
  await producers.stop();
  kinesis.close();
  await cluster.stop();
  directory.remove();
});

async function stream(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { exitCode, stdout, stderr } = await millrace(["stream", ...args, "--json", "--data-dir", cluster.dataDir], {
    env: awsEnvironment,
  });
  if (exitCode !== 0) throw new Error(`millrace stream ${args.join(" ")}: ${stderr}`);
  return JSON.parse(stdout.toString()) as Record<string, unknown>;
}

async function contents(name: string): Promise<unknown[][]> {
  const shards = (await kinesis.ok("ListShards", { StreamName: name }))["Shards"] as { ShardId: string }[];
  return Promise.all(shards.map((_, index) => scanShard(kinesis, name, index)));
}

const shardNumber = (shardId: unknown): number => Number(String(shardId).split("-")[1]);

interface FakeS3 {
  readonly server: Server;
  readonly objects: Map<string, Buffer>;
  /** The next piece that is asked for is given once `until` resolves; resolves when it is asked for. */
  holdPiece(until: Promise<void>): Promise<void>;
}

/** As much of S3 as pieces need, in memory. */
function fakeS3(): FakeS3 {
  const objects = new Map<string, Buffer>();
  let onPiece: ((give: () => void) => void) | undefined;
  const holdPiece = (until: Promise<void>): Promise<void> =>
    new Promise((asked) => {
      onPiece = (give) => {
        onPiece = undefined;
        void until.then(give);
        asked();
      };
    });
  const server = createServer((request, response) => {
    const key = new URL(request.url ?? "", "http://s3").pathname;
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const object = objects.get(key);
      if (request.method === "PUT") {
        objects.set(key, Buffer.concat(chunks));
        response.end();
      } else if (object === undefined) {
        response.writeHead(404, { "Content-Type": "application/xml" });
        response.end("<Error><Code>NoSuchKey</Code></Error>");
      } else if (key.endsWith(".frames") && onPiece !== undefined) {
        onPiece(() => response.end(object));
      } else {
        response.end(object);
      }
    });
  });
  return { server, objects, holdPiece };
}

test("a backup taken under load, and added to after a split, restores to the same records", async () => {
  await producers.everyClientGoesOn();
  const place = join(directory.path, "backup");
  await stream("backup", StreamName, "--to", place);
  const ShardToSplit = "shardId-000000000000";
  await kinesis.ok("SplitShard", { StreamName, ShardToSplit, NewStartingHashKey: MIDDLE });
  await kinesis.waitActive(StreamName);
  await producers.everyClientGoesOn();
  await producers.stop();
  expect(producers.failures).toEqual([]);
  const report = await stream("backup", StreamName, "--to", place);
  expect(report).toMatchObject({ shards: 3, pieces: 4 });

  await stream("restore", place, "--name", "copy");
  const [original, copy] = [await contents(StreamName), await contents("copy")];
  expect(original.every((records) => records.length > 0)).toBe(true);
  expect(copy).toEqual(original);

  const taken = await millrace(["stream", "restore", place, "--name", "copy", "--data-dir", cluster.dataDir]);
  expect([taken.exitCode, taken.stderr]).toEqual([2, expect.stringContaining("there is a stream copy already")]);
  const put = await kinesis.ok("PutRecord", { StreamName: "copy", PartitionKey: "new", Data: "bmV3" });
  const numbers = (original[shardNumber(put["ShardId"])] ?? []) as { readonly SequenceNumber: string }[];
  const next = BigInt(put["SequenceNumber"] as string);
  expect(numbers.every(({ SequenceNumber }) => BigInt(SequenceNumber) < next)).toBe(true);
}, 90_000);

test("a place is of one stream, and a backup that was interrupted does not spoil the one before it", async () => {
  const [place, manifest] = [join(directory.path, "short"), join(directory.path, "short/manifest.json")];
  await kinesis.ok("CreateStream", { StreamName: "short", ShardCount: 1 });
  await kinesis.waitActive("short");
  const put = (): Promise<unknown> =>
    kinesis.ok("PutRecord", { StreamName: "short", PartitionKey: "k", Data: Buffer.alloc(900).toString("base64") });
  await put();
  await stream("backup", "short", "--to", place);
  const first = readFileSync(manifest);
  await put();
  const report = await stream("backup", "short", "--to", place);
  expect(report).toMatchObject({ pieces: 2, newPieces: 1 });
  expect(2 * Number(report["newBytes"])).toBeCloseTo(Number(report["bytes"]), -3);
  const second = readFileSync(manifest);
  // Another command that went on from the first one, too, and ended before it wrote its manifest.
  writeFileSync(manifest, first);
  await put();
  expect(await stream("backup", "short", "--to", place)).toMatchObject({ pieces: 2, newPieces: 1 });
  writeFileSync(manifest, second);

  const other = await millrace(["stream", "backup", StreamName, "--to", place, "--data-dir", cluster.dataDir]);
  const refusal = /holds the backup of another stream, stream short [^]*name another place with --to/;
  expect([other.exitCode, other.stderr]).toEqual([2, expect.stringMatching(refusal)]);
  expect(readFileSync(manifest).equals(second)).toBe(true);
  await stream("restore", place, "--name", "short-copy");
  expect(await contents("short-copy")).toEqual([(await contents("short"))[0]?.slice(0, 2)]);
}, 90_000);

test("a damaged piece stops a restore, which can be given up", async () => {
  const place = join(directory.path, "backup");
  const folder = join(place, "shards/000000000001");
  const path = join(folder, readdirSync(folder)[0] ?? "");
  const bytes = readFileSync(path);
  writeFileSync(path, Buffer.concat([bytes.subarray(0, 100), Buffer.from([1]), bytes.subarray(101)]));
  const args = ["stream", "restore", place, "--name", "broken", "--data-dir", cluster.dataDir];
  const failed = await millrace(args);
  expect([failed.exitCode, failed.stderr]).toEqual([1, expect.stringContaining("missing or damaged")]);
  writeFileSync(path, bytes);
  const other = join(directory.path, "short");
  const another = await millrace(["stream", "restore", other, "--name", "broken", "--data-dir", cluster.dataDir]);
  const both = /restore of broken from the backup of kept [^]*is unfinished, and this is the backup of short /;
  expect([another.exitCode, another.stderr]).toEqual([2, expect.stringMatching(both)]);
  expect((await millrace([...args, "--abandon"])).exitCode).toBe(0);
  const gone = async (): Promise<number> =>
    (await kinesis.call("DescribeStreamSummary", { StreamName: "broken" })).status;
  await expect.poll(gone, { timeout: 20_000, interval: 300 }).toBe(400);
  expect((await millrace(args)).exitCode).toBe(0);
  expect((await contents("broken")).map((records) => records.length)).toEqual(
    (await contents(StreamName)).map((records) => records.length),
  );
}, 90_000);

test("an S3-compatible store takes a backup and gives it back", async () => {
  const { server, objects, holdPiece } = fakeS3();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    await stream("backup", StreamName, "--to", "s3://bucket/a/b", "--s3-endpoint", endpoint);
    expect([...objects.keys()].toSorted()[0]).toBe("/bucket/a/b/manifest.json");
    await stream("restore", "s3://bucket/a/b", "--name", "from-s3", "--s3-endpoint", endpoint);
    expect(await contents("from-s3")).toEqual(await contents(StreamName));

    // The slower of two restores of one backup hears how the other ended.
    for (const [name, end, words] of [
      ["twice", [], /another command has finished the restore of twice: all of it is there/],
      ["given-up", ["--abandon"], /another command has given up the restore of given-up; .* run this again/],
    ] as const) {
      let give = (): void => {};
      const asked = holdPiece(new Promise((resolve) => (give = resolve)));
      const from = ["stream", "restore", "s3://bucket/a/b", "--name", name, "--s3-endpoint", endpoint];
      const args = [...from, "--data-dir", cluster.dataDir];
      const slower = millrace(args, { env: awsEnvironment });
      await asked;
      const other = await millrace([...args, ...end], { env: awsEnvironment });
      expect([name, other.exitCode, other.stderr]).toEqual([name, 0, ""]);
      give();
      const { exitCode, stderr } = await slower;
      expect([name, exitCode, stderr]).toEqual([name, 1, expect.stringMatching(words)]);
    }
    expect(await contents("twice")).toEqual(await contents(StreamName));
  } finally {
    server.close();
  }
}, 90_000);
