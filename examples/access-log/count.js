/** A worker that counts the status codes of an access log per minute: `node count.js --stream visits`. Start as many as you like. */
import { parseArgs } from "node:util";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { Worker } from "@millrace/worker";
import { Redis } from "ioredis";
import { counterOf, COUNTS, POSITIONS, positionOf, SCRIPT } from "./counters.js";

const { values } = parseArgs({
  options: {
    stream: { type: "string", default: "visits" },
    application: { type: "string", default: "count-visits" },
    endpoint: { type: "string", default: "http://127.0.0.1:4567" },
    redis: { type: "string", default: "redis://127.0.0.1:6379" },
  },
});
const redis = new Redis(values.redis);
// The worker says it when Redis is away.
redis.on("error", () => undefined);
redis.defineCommand("countLines", { lua: SCRIPT, numberOfKeys: 2 });
const client = new KinesisClient({
  endpoint: values.endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "x", secretAccessKey: "x" },
});

const worker = new Worker({
  application: values.application,
  client,
  streams: [values.stream],
  leases: { redis: values.redis },
  coordination: { leaseTtlMs: 3_000 },
  consume: { batchMax: 500 },
  handler: {
    async batch(records, { shardId }) {
      const pairs = records.flatMap((record) => [positionOf(record), counterOf(Buffer.from(record.data).toString())]);
      await redis.countLines(COUNTS, POSITIONS, shardId, ...pairs);
    },
  },
  hooks: { onError: (error, task) => process.stderr.write(`${task}: ${error.message}\n`) },
});
process.once("SIGTERM", () => void worker.stop());
process.once("SIGINT", () => void worker.stop());
await worker.run();
redis.disconnect();
client.destroy();
