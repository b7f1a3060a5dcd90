/**
 * Reads the same backlog by a bare GetRecords loop of the AWS SDK and by a worker whose handler does nothing, in turns, and says how
 * much the worker costs, and what its leases cost Redis: `node examples/worker-benchmark.js --write docs/benchmarks-worker.md`.
 */
import { randomBytes } from "node:crypto";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  PutRecordsCommand,
  waitUntilStreamExists,
} from "@aws-sdk/client-kinesis";
import { MemoryLeaseStore, Worker } from "@millrace/worker";
import { realClock } from "@millrace/base";
import { leaseTraffic, redisIsInstalled } from "./lease-traffic.js";

const { values } = parseArgs({
  options: {
    megabytes: { type: "string", default: "128" },
    rounds: { type: "string", default: "5" },
    directory: { type: "string", default: ".bench" },
    write: { type: "string" },
  },
});
const SHARDS = 8;
const RECORD_BYTES = 1024;
const RECORDS_MAX = 10_000;
const StreamName = "backlog";
const records = Math.round((Number(values.megabytes) * 1e6) / RECORD_BYTES / 500) * 500;

mkdirSync(values.directory, { recursive: true });
const dataDir = mkdtempSync(join(values.directory, "worker-"));
const cli = join(import.meta.dirname, "../packages/cli/bin/millrace.js");
const server = spawn(process.execPath, [cli, "up", "--json", "--limits", "off", "--port", "0", "--data-dir", dataDir], {
  stdio: ["ignore", "pipe", "inherit"],
});
process.on("exit", () => rmSync(dataDir, { recursive: true, force: true }));
const [ready] = await once(createInterface({ input: server.stdout }), "line");
const client = new KinesisClient({
  endpoint: JSON.parse(ready).endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "x", secretAccessKey: "x" },
});

async function fill() {
  await client.send(new CreateStreamCommand({ StreamName, ShardCount: SHARDS }));
  await waitUntilStreamExists({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { StreamName });
  let left = records / 500;
  const put = async () => {
    while (left > 0) {
      left -= 1;
      const Records = Array.from({ length: 500 }, () => ({
        Data: randomBytes(RECORD_BYTES),
        PartitionKey: randomBytes(8).toString("hex"),
      }));
      const answer = await client.send(new PutRecordsCommand({ StreamName, Records }));
      if (answer.FailedRecordCount !== 0) throw new Error("a put was refused");
    }
  };
  await Promise.all(Array.from({ length: 4 }, put));
}

/** Records a second of a loop as one writes it with the SDK alone. */
async function bareLoop() {
  const { Shards } = await client.send(new ListShardsCommand({ StreamName }));
  const startMs = performance.now();
  let read = 0;
  await Promise.all(
    Shards.map(async ({ ShardId }) => {
      const first = await client.send(
        new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: "TRIM_HORIZON" }),
      );
      for (let iterator = first.ShardIterator; iterator !== undefined;) {
        const answer = await client.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: RECORDS_MAX }));
        if (answer.Records.length === 0) return;
        read += answer.Records.length;
        iterator = answer.NextShardIterator;
      }
    }),
  );
  if (read !== records) throw new Error(`${read} of ${records} records were read`);
  return read / ((performance.now() - startMs) / 1000);
}

/** The same through a worker, from its first lease to its last record. Checkpoints go to leases in memory. */
async function throughWorker() {
  let handled = 0;
  let startMs;
  const { promise, resolve } = Promise.withResolvers ? Promise.withResolvers() : deferred();
  const worker = new Worker({
    application: "benchmark",
    client,
    streams: [StreamName],
    leases: new MemoryLeaseStore(realClock).connect(),
    read: { kind: "polling", readsPerSecond: Infinity, recordsMax: RECORDS_MAX },
    handler: {
      batch(batch) {
        handled += batch.length;
        if (handled >= records) resolve(performance.now());
      },
    },
    hooks: { onLeaseGained: () => (startMs ??= performance.now()) },
  });
  const running = worker.run();
  const endMs = await promise;
  await worker.stop();
  await running;
  if (handled !== records) throw new Error(`${handled} of ${records} records were handled`);
  return handled / ((endMs - startMs) / 1000);
}

function deferred() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const rate = (perSecond) => `${Math.round(perSecond)} records/s, ${((perSecond * RECORD_BYTES) / 1e6).toFixed(1)} MB/s`;

try {
  await fill();
  // Both once for nothing: code is compiled, files are in memory.
  await bareLoop();
  await throughWorker();
  const results = [];
  for (let round = 1; round <= Number(values.rounds); round += 1) {
    const order = round % 2 === 1 ? [bareLoop, throughWorker] : [throughWorker, bareLoop];
    const result = {};
    for (const measure of order) result[measure.name] = await measure();
    results.push(result);
    process.stderr.write(`round ${round}: bare ${rate(result.bareLoop)}; worker ${rate(result.throughWorker)}\n`);
  }
  const bare = median(results.map(({ bareLoop: each }) => each));
  const worker = median(results.map(({ throughWorker: each }) => each));
  const lowest = Math.min(...results.map((result) => result.throughWorker / result.bareLoop));
  const traffic = redisIsInstalled ? `\n${await leaseTraffic({ workers: 20, shards: 1_000, seconds: 30 })}` : "";
  const report = `# The worker's benchmark

Written by \`node examples/worker-benchmark.js ${process.argv.slice(2).join(" ")}\` (\`make bench-worker\`) on ${new Date().toISOString().slice(0, 10)}: ${cpus().length} × ${cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}.

A backlog of ${records} records of 1 KiB in ${SHARDS} shards of a three-node cluster on the same machine (limits off) is read by a bare
GetRecords loop of the AWS SDK, one loop a shard, and by a worker whose handler does nothing, one after the other in one process, ${results.length} rounds in
alternating order after one for warming up. The worker does all it always does: fetches ahead within its buffer, looks for aggregates
and compression, orders by key, tracks positions, checkpoints (to leases in memory). Its pacing of five reads a second is turned off,
because the bare loop has none. It is timed from its first lease to its last record.

| | median |
|---|---|
| bare GetRecords loop | ${rate(bare)} |
| worker, no-op handler | ${rate(worker)} |
| **ratio** | **${(worker / bare).toFixed(2)}** (lowest of the rounds: ${lowest.toFixed(2)}) |
${traffic}`;
  process.stdout.write(report);
  if (values.write !== undefined) writeFileSync(values.write, report);
} finally {
  client.destroy();
  server.kill("SIGTERM");
  await once(server, "exit");
}
