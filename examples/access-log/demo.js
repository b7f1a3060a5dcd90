/**
 * The whole story in one command: a log goes into a stream, three workers count it into Redis; meanwhile one worker is killed, a
 * shard is split, all workers are restarted. At the end the counters must be those of the file, exactly.
 *
 *     node demo.js --file access.log [--workers python] [--view]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import {
  CreateStreamCommand,
  KinesisClient,
  ListShardsCommand,
  SplitShardCommand,
  waitUntilStreamExists,
} from "@aws-sdk/client-kinesis";
import { Redis } from "ioredis";
import { counterOf, COUNTS, POSITIONS, readCounts, totalOf } from "./counters.js";
import { render } from "./view.js";

const here = import.meta.dirname;
const MILLRACE = join(here, "../../packages/cli/bin/millrace.js");
const USAGE =
  "usage: node demo.js [--file PATH] [--stream NAME] [--workers javascript|python] [--rate LINES] [--view] [--endpoint URL] [--redis URL]";
let values;
try {
  ({ values } = parseArgs({
    options: {
      stream: { type: "string", default: "visits" },
      file: { type: "string", default: "access.log" },
      endpoint: { type: "string", default: "http://127.0.0.1:4567" },
      redis: { type: "string", default: "redis://127.0.0.1:6379" },
      rate: { type: "string", default: "1500" },
      workers: { type: "string", default: "javascript" },
      view: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  }));
} catch (error) {
  process.stderr.write(`${error.message}\n${USAGE}\n`);
  process.exit(2);
}
if (values.help) {
  process.stdout.write(`${USAGE}\n`);
  process.exit(0);
}
const { stream, endpoint } = values;
// The SDK's advice about future Node versions would come from every process.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
// Leases of an earlier run would be those of another stream.
const application = `demo-${Date.now()}`;
const startMs = Date.now();
const say = (text) => process.stdout.write(`${((Date.now() - startMs) / 1000).toFixed(1).padStart(5)} s  ${text}\n`);
const client = new KinesisClient({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "x", secretAccessKey: "x" },
});
const redis = new Redis(values.redis, { lazyConnect: true });
let refusal = "";
redis.on("error", (error) => (refusal = error.message || error.code));
const lines = existsSync(values.file) ? readFileSync(values.file, "utf8").split("\n").filter(Boolean) : [];
if (lines.length === 0)
  fail(`there are no lines in ${values.file}: npx millrace sample access-log --lines 20000 > ${values.file}`);
const expected = new Map();
for (const line of lines) expected.set(counterOf(line), (expected.get(counterOf(line)) ?? 0) + 1);

const workers = new Set();
process.on("exit", () => {
  for (const worker of workers) worker.kill("SIGKILL");
});

function fail(why) {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}

async function createStream() {
  try {
    const abortSignal = AbortSignal.timeout(10_000);
    await client.send(new CreateStreamCommand({ StreamName: stream, ShardCount: 3 }), { abortSignal });
  } catch (error) {
    if (error.name === "ResourceInUseException")
      fail(`there is a stream ${stream} already: give another with --stream`);
    fail(`no stream can be made at ${endpoint} (does \`make run\` run?): ${error.message || error.code || error.name}`);
  }
  await waitUntilStreamExists({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { StreamName: stream });
}

function startWorker() {
  const common = ["--stream", stream, "--application", application, "--endpoint", endpoint, "--redis", values.redis];
  const argv =
    values.workers === "python"
      ? [
          MILLRACE,
          "worker",
          "exec",
          ...common,
          "--lease-ttl",
          "3000",
          "--",
          "python3",
          join(here, "count.py"),
          "--redis",
          values.redis,
        ]
      : [join(here, "count.js"), ...common];
  const worker = spawn(process.execPath, argv, { stdio: ["ignore", "inherit", "inherit"] });
  workers.add(worker);
  worker.once("exit", () => workers.delete(worker));
}

async function counted(atLeast) {
  const giveUpMs = Date.now() + 90_000;
  for (;;) {
    const counts = await readCounts(redis);
    if (values.view) process.stdout.write(`\u001B[2J\u001B[H${render(counts)}`);
    if (totalOf(counts) >= atLeast) return counts;
    if (Date.now() > giveUpMs) throw new Error(`only ${totalOf(counts)} of ${lines.length} lines were counted in time`);
    await delay(100);
  }
}

async function splitOneShard() {
  const { Shards } = await client.send(new ListShardsCommand({ StreamName: stream }));
  const [shard] = Shards.filter(({ SequenceNumberRange }) => SequenceNumberRange.EndingSequenceNumber === undefined);
  const { StartingHashKey, EndingHashKey } = shard.HashKeyRange;
  const middle = (BigInt(StartingHashKey) + BigInt(EndingHashKey) + 1n) / 2n;
  const input = { StreamName: stream, ShardToSplit: shard.ShardId, NewStartingHashKey: String(middle) };
  await client.send(new SplitShardCommand(input));
  return shard.ShardId;
}

await redis
  .connect()
  .catch((error) => fail(`no Redis answers at ${values.redis} (${refusal || error.message}); start one: redis-server`));
await createStream();
await redis.del(COUNTS, POSITIONS);
for (let worker = 0; worker < 3; worker += 1) startWorker();
const produce = [
  "produce.js",
  "--stream",
  stream,
  "--file",
  values.file,
  "--endpoint",
  endpoint,
  "--rate",
  values.rate,
];
const producer = spawn(process.execPath, [join(here, produce[0]), ...produce.slice(1)], {
  stdio: ["ignore", "inherit", "inherit"],
});
const produced = once(producer, "exit");

await counted(lines.length * 0.2);
const [victim] = workers;
victim.kill("SIGKILL");
say(`killed worker ${victim.pid}`);

await counted(lines.length * 0.4);
say(`split ${await splitOneShard()}`);

await counted(lines.length * 0.7);
const old = [...workers];
for (const worker of old) worker.kill("SIGTERM");
await Promise.all(old.map((worker) => once(worker, "exit")));
for (let worker = 0; worker < 3; worker += 1) startWorker();
say("restarted all workers");

const [exitCode] = await produced;
if (exitCode !== 0) throw new Error(`the producer ended with exit code ${exitCode}`);
await counted(lines.length);
// Whatever were to be counted twice would still be on its way.
await delay(3_000);
const counts = await readCounts(redis);
const last = [...workers];
for (const worker of last) worker.kill("SIGTERM");
await Promise.all(last.map((worker) => once(worker, "exit")));
const wrong = [...new Set([...expected.keys(), ...counts.keys()])].filter(
  (counter) => expected.get(counter) !== counts.get(counter),
);
say(
  wrong.length === 0
    ? `exact: ${totalOf(counts)} lines in ${counts.size} counters, as in the file`
    : `WRONG: ${wrong.length} of ${counts.size} counters differ from the file; ${totalOf(counts)} counted, ${lines.length} put`,
);
redis.disconnect();
client.destroy();
process.exitCode = wrong.length === 0 ? 0 : 1;
