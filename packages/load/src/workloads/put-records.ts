/** PutRecords of 500 records of 1 KiB, closed loop: each connection sends the next request when it has its answer. */
import { randomBytes } from "node:crypto";
import { openConnections } from "../http/raw-connection.ts";
import { encodeRequest } from "../http/raw-request.ts";
import type { WorkloadResult } from "../measure/workload-result.ts";
import type { Target } from "../targets/target.ts";
import { measure, type WorkloadTimes } from "./workload.ts";

const RECORDS = 500;
const RECORD_BYTES = 1024;
const CONNECTIONS = 8;
/** Different requests, so that neither side profits from seeing the same one again and again. */
const VARIANTS = 12;
const FAILED_COUNT = Buffer.from('"FailedRecordCount":');

/** Puts to all shards of `stream` for the given time. */
export async function putRecords(target: Target, stream: string, times: WorkloadTimes): Promise<WorkloadResult> {
  const requests = Array.from({ length: VARIANTS }, () => encodeRequest("PutRecords", requestBody(stream)));
  const connections = await openConnections(target.port, CONNECTIONS);
  const result = await measure("PutRecords 500 × 1 KiB, 8 shards", target, times, async (meter) => {
    await Promise.all(
      connections.map(async (connection, offset) => {
        for (let turn = offset; meter.running(); turn += 1) {
          const sentMs = performance.now();
          const { status, body } = await connection.send(requests[turn % VARIANTS] ?? Buffer.alloc(0));
          const failed = status === 200 ? failedCount(body) : RECORDS;
          const stored = RECORDS - failed;
          meter.count(stored, stored * RECORD_BYTES, failed, performance.now() - sentMs);
        }
      }),
    );
  });
  for (const connection of connections) connection.close();
  return result;
}

/** JSON by hand: building 500 objects first would take longer than measuring. `count` records of `sizeBytes` random bytes. */
export function requestBody(stream: string, count: number = RECORDS, sizeBytes: number = RECORD_BYTES): string {
  const records = Array.from(
    { length: count },
    () => `{"Data":"${randomBytes(sizeBytes).toString("base64")}","PartitionKey":"${randomBytes(8).toString("hex")}"}`,
  );
  return `{"StreamName":"${stream}","Records":[${records.join(",")}]}`;
}

function failedCount(body: Buffer): number {
  const at = body.indexOf(FAILED_COUNT);
  if (at === -1) return 0;
  return Number.parseInt(body.toString("latin1", at + FAILED_COUNT.length, at + FAILED_COUNT.length + 6), 10);
}
