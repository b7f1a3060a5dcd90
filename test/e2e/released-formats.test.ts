/** What released versions left on disk: this one serves it byte for byte, with its index and without, and goes on writing there. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ProcessCluster, temporaryDirectory } from "@millrace/testkit";
import { describe, expect, test } from "vitest";
import { KinesisCaller } from "../contract/kinesis-caller.ts";
import { fixtureReleases, readFixture, unpack } from "../formats/fixture.ts";
import { readStream } from "../formats/read-stream.ts";
import { repository, run } from "./run-command.ts";

const MINUTE_MS = 60_000;

/** Processes that take the day the fixture was written for today: retention deletes nothing. */
function asOf(writtenMs: number): Record<string, string> {
  const shiftMs = Date.now() - writtenMs - MINUTE_MS;
  const script = `const now=Date.now;Date.now=()=>now()-${shiftMs}`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` };
}

describe.each(fixtureReleases())("the directories of release %s", (release) => {
  const fixture = readFixture(release);

  test.each(["with its index", "with its index gone"])("are read and written on, %s", async (index) => {
    const directory = temporaryDirectory();
    unpack(fixture, directory.path);
    if (index !== "with its index") rmSync(join(directory.path, "node-1/index"), { recursive: true });
    const options = { dataDir: directory.path, nodes: 1, gateways: 1, env: asOf(fixture.writtenMs) };
    const cluster = await ProcessCluster.start(options);
    const kinesis = new KinesisCaller(`http://127.0.0.1:${cluster.gatewayPorts[0]}`);
    try {
      const { streamName: StreamName } = fixture;
      expect(await cluster.waitWhole(60_000)).toBe(true);
      expect(await readStream(kinesis, StreamName)).toEqual(fixture.records);
      const put = await kinesis.ok("PutRecord", { StreamName, PartitionKey: "new", Data: "AA==" });
      const shard = (await readStream(kinesis, StreamName))[put["ShardId"] as string] ?? [];
      expect(shard.at(-1)).toMatchObject({ PartitionKey: "new", SequenceNumber: put["SequenceNumber"] });
      expect(shard.slice(0, -1)).toEqual(fixture.records[put["ShardId"] as string]);
    } finally {
      kinesis.close();
      await cluster.stop();
      directory.remove();
    }
  });
});

test("a node's directory of a later format is refused, with what to do", async () => {
  const directory = temporaryDirectory();
  unpack(readFixture(fixtureReleases().at(-1) ?? ""), directory.path);
  const identity = join(directory.path, "node-1/identity.json");
  const later = { ...(JSON.parse(readFileSync(identity, "utf8")) as object), format: 99 };
  writeFileSync(identity, JSON.stringify(later));
  const node = join(repository, "packages/storage-node/dist/main.js");
  const { exitCode, stdout, stderr } = await run(process.execPath, [node, `--data-dir=${directory.path}/node-1`]);
  expect(exitCode).toBe(2);
  const what = /is of format 99, and this release reads formats up to \d+: start the release that wrote it/;
  expect(`${stdout.toString()}${stderr}`).toMatch(what);
  // Refused is not touched.
  expect(JSON.parse(readFileSync(identity, "utf8"))).toEqual(later);
  directory.remove();
});
