/** One worker as a process of its own, for tests that kill it. Appends `KEY N` of each record to a file before it calls it done. */
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { Worker } from "@millrace/worker";
import { appendFileSync } from "node:fs";

process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
const [endpoint = "", redis = "", stream = "", ledger = "", read = "polling"] = process.argv.slice(2);
const client = new KinesisClient({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
});
const worker = new Worker({
  application: "ledger",
  client,
  streams: [stream],
  leases: { redis },
  read: read === "fan-out" ? { kind: "fan-out", consumerName: "ledger" } : { kind: "polling" },
  handler: {
    batch(records) {
      appendFileSync(ledger, records.map(({ data }) => `${Buffer.from(data).toString()}\n`).join(""));
    },
  },
  coordination: { leaseTtlMs: 3_000, shardSyncPeriodMs: 2_000 },
  consume: { checkpointIntervalMs: 200 },
  hooks: {
    onLeaseGained: ({ lease }) => process.send?.({ gained: lease.shardId }),
    onError: (error, task) => process.stderr.write(`${worker.id} ${task}: ${error.message}\n`),
  },
});
process.once("SIGTERM", () => void worker.stop());
// Nothing is left then that keeps the process: it ends by itself.
await worker.run();
