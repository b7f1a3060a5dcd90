/** What the producer is compared with: the AWS SDK as people use it. The only file here that knows the SDK. */
import { KinesisClient, PutRecordCommand, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import type { Meter } from "../workloads/workload.ts";

/** The largest PutRecords. */
const RECORDS_PER_REQUEST = 500;

/** A client of the endpoint on `port`; the SDK's own defaults otherwise. */
export function sdkClient(port: number): KinesisClient {
  return new KinesisClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "x", secretAccessKey: "x" },
  });
}

/** `concurrency` callers, each putting one record after another with PutRecord. */
export function singlePuts(
  client: KinesisClient,
  stream: string,
  bytes: number,
  concurrency: number,
  meter: Meter,
): Promise<void> {
  const Data = Buffer.alloc(bytes, "x");
  let count = 0;
  return putWhileRunning(meter, { bytes, concurrency }, async () => {
    const PartitionKey = String((count += 1));
    await client.send(new PutRecordCommand({ StreamName: stream, PartitionKey, Data }));
    return { stored: 1, failed: 0 };
  });
}

/** `concurrency` callers, each putting one PutRecords of 500 records after another. Nothing is retried: nothing should fail. */
export function batchedPuts(
  client: KinesisClient,
  stream: string,
  bytes: number,
  concurrency: number,
  meter: Meter,
): Promise<void> {
  const Data = Buffer.alloc(bytes, "x");
  let count = 0;
  return putWhileRunning(meter, { bytes, concurrency }, async () => {
    const Records = Array.from({ length: RECORDS_PER_REQUEST }, () => ({ PartitionKey: String((count += 1)), Data }));
    const { FailedRecordCount: failed = 0 } = await client.send(new PutRecordsCommand({ StreamName: stream, Records }));
    return { stored: RECORDS_PER_REQUEST - failed, failed };
  });
}

/** `concurrency` callers, each sending one request after another, as long as the meter runs. */
async function putWhileRunning(
  meter: Meter,
  { bytes, concurrency }: { readonly bytes: number; readonly concurrency: number },
  put: () => Promise<{ readonly stored: number; readonly failed: number }>,
): Promise<void> {
  const caller = async (): Promise<void> => {
    while (meter.running()) {
      const beginMs = performance.now();
      const { stored, failed } = await put();
      meter.count(stored, stored * bytes, failed, performance.now() - beginMs);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
}
