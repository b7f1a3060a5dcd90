/** Puts an access log into a stream, each client's lines in order: `node produce.js --stream visits --file access.log`. */
import { createReadStream, existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { Producer } from "@millrace/producer";

const { values } = parseArgs({
  options: {
    stream: { type: "string", default: "visits" },
    file: { type: "string", default: "access.log" },
    endpoint: { type: "string", default: "http://127.0.0.1:4567" },
    rate: { type: "string", default: "2000" },
  },
});
if (!existsSync(values.file)) {
  process.stderr.write(`there is no ${values.file}: npx millrace sample access-log --lines 20000 > ${values.file}\n`);
  process.exit(2);
}
const client = new KinesisClient({
  endpoint: values.endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "x", secretAccessKey: "x" },
});
const producer = new Producer({ client, stream: values.stream, aggregation: true });
const startMs = Date.now();
const puts = [];
for await (const line of createInterface({ input: createReadStream(values.file) })) {
  const aheadMs = (puts.length / Number(values.rate)) * 1000 - (Date.now() - startMs);
  if (aheadMs > 20) await delay(aheadMs);
  const put = producer.put({ partitionKey: line.split(" ", 1)[0] || "-", data: line });
  puts.push(put);
}
await producer.flush();
await Promise.all(puts);
await producer.close();
client.destroy();
process.stdout.write(`${puts.length} lines put\n`);
