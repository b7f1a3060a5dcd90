/**
 * A worker that writes every record into exactly one file: `node write-files.js --stream visits --directory out`. Start as many as you
 * like over one folder, and kill them as you like.
 *
 * A file is made ready under a hidden name, its name is prepared beside the position it reaches, and then it is published by a rename.
 * Whoever takes the shard over finds what was prepared: it removes the file that was not published, which also stops a former owner that
 * is about to, and leaves out the records of one that was.
 */
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { Worker } from "@millrace/worker";

const { values } = parseArgs({
  options: {
    stream: { type: "string", default: "visits" },
    application: { type: "string", default: "write-files" },
    directory: { type: "string", default: "out" },
    endpoint: { type: "string", default: "http://127.0.0.1:4567" },
    redis: { type: "string", default: "redis://127.0.0.1:6379" },
  },
});
await mkdir(values.directory, { recursive: true });
const client = new KinesisClient({
  endpoint: values.endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "x", secretAccessKey: "x" },
});
/** By shard: up to where its records are in files, as text that sorts as positions do. */
const publishedTo = new Map();

function positionOf({ sequenceNumber, subSequenceNumber }) {
  return `${sequenceNumber.padStart(60, "0")}:${String(subSequenceNumber).padStart(10, "0")}`;
}

/** Whether a prepared file was published. If not, it never will be: without the hidden file there is nothing to rename. */
async function wasPublished(file) {
  await rm(join(values.directory, `.${file}`), { force: true });
  return existsSync(join(values.directory, file));
}

const worker = new Worker({
  application: values.application,
  client,
  streams: [values.stream],
  leases: { redis: values.redis },
  coordination: { leaseTtlMs: 3_000 },
  consume: { batchMax: 200 },
  handler: {
    async started({ shardId, prepared }) {
      publishedTo.delete(shardId);
      if (prepared === undefined) return;
      const { file, after } = JSON.parse(prepared.state);
      publishedTo.set(shardId, (await wasPublished(file)) ? positionOf(prepared.position) : after);
    },
    async batch(records, context) {
      const { shardId, fencingToken } = context;
      const after = publishedTo.get(shardId) ?? "";
      const fresh = records.filter((record) => positionOf(record) > after);
      if (fresh.length === 0) return;
      const last = positionOf(records.at(-1));
      const file = `${shardId}-${last.replace(":", "-")}-${fencingToken}.log`;
      const hidden = join(values.directory, `.${file}`);
      await writeFile(hidden, fresh.map(({ data }) => `${Buffer.from(data).toString()}\n`).join(""), { flush: true });
      await context.prepare(records.length, JSON.stringify({ file, after }));
      await rename(hidden, join(values.directory, file));
      publishedTo.set(shardId, last);
    },
  },
  hooks: { onError: (error, task) => process.stderr.write(`${task}: ${error.message}\n`) },
});
process.once("SIGTERM", () => void worker.stop());
process.once("SIGINT", () => void worker.stop());
await worker.run();
client.destroy();
