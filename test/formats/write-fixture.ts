/** Writes the fixture of the release that is checked out: `make fixture`. To be run once for each release, before it goes out. */
import { ProcessCluster, temporaryDirectory } from "@millrace/testkit";
import { KinesisCaller } from "../contract/kinesis-caller.ts";
import { currentRelease, formatNumbers, pack, writeFixture, type KeptRecord } from "./fixture.ts";
import { readStream } from "./read-stream.ts";

const StreamName = "kept";
const ROUNDS = 3;

/** Data of every kind: nothing, every byte, text, and more than a block of the disk. */
const payloads = [
  Buffer.alloc(0),
  Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  Buffer.from("Grüße, 世界"),
  Buffer.alloc(9_000, "frame "),
];

/** One batch and one record on its own, so that there are frames of both kinds. */
async function putRound(kinesis: KinesisCaller, round: number): Promise<void> {
  const Records = Array.from({ length: 16 }, (_, index) => ({
    PartitionKey: `key-${round}-${index}`,
    Data: payloads[index % payloads.length]?.toString("base64"),
  }));
  await kinesis.ok("PutRecords", { StreamName, Records });
  await kinesis.ok("PutRecord", { StreamName, PartitionKey: `schlüssel-${round}`, Data: "AAEC" });
}

const directory = temporaryDirectory();
const cluster = await ProcessCluster.start({ dataDir: directory.path, nodes: 1, gateways: 1 });
const kinesis = new KinesisCaller(`http://127.0.0.1:${cluster.gatewayPorts[0]}`);
try {
  await kinesis.ok("CreateStream", { StreamName, ShardCount: 2 });
  await kinesis.waitActive(StreamName);
  for (let round = 0; round < ROUNDS; round += 1) {
    await putRound(kinesis, round);
    // Every start begins a segment, and a killed node leaves one that was not closed.
    await cluster.process("node-1").keepDown();
    cluster.process("node-1").start();
    await cluster.waitReady(60_000);
    if (!(await cluster.waitWhole(60_000))) throw new Error("the node did not come back");
  }
  // A split closes a shard and opens two.
  const HALF_OF_FIRST = (1n << 126n).toString();
  const split = { ShardToSplit: "shardId-000000000000", NewStartingHashKey: HALF_OF_FIRST };
  await kinesis.ok("SplitShard", { StreamName, ...split });
  await kinesis.waitActive(StreamName);
  await putRound(kinesis, ROUNDS);
  const records: Record<string, readonly KeptRecord[]> = await readStream(kinesis, StreamName);
  const writtenMs = Date.now();
  await cluster.process("node-1").keepDown();
  await cluster.process("coordinator").stop();
  const files = pack(directory.path, ["coordinator", "node-1"]);
  const formats = formatNumbers();
  writeFixture({ release: currentRelease(), formats, writtenMs, streamName: StreamName, records, files });
} finally {
  kinesis.close();
  await cluster.stop();
  directory.remove();
}
