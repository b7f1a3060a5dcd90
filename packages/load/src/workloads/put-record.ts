/** PutRecord of 100 bytes over 64 connections, closed loop: how many small puts a second. */
import { randomBytes } from "node:crypto";
import { openConnections } from "../http/raw-connection.ts";
import { encodeRequest } from "../http/raw-request.ts";
import type { WorkloadResult } from "../measure/workload-result.ts";
import type { Target } from "../targets/target.ts";
import { measure, type WorkloadTimes } from "./workload.ts";

const RECORD_BYTES = 100;
const CONNECTIONS = 64;
const VARIANTS = 1_024;

/** Puts to `stream` for the given time. */
export async function putRecord(target: Target, stream: string, times: WorkloadTimes): Promise<WorkloadResult> {
  const requests = Array.from({ length: VARIANTS }, () =>
    encodeRequest("PutRecord", {
      StreamName: stream,
      Data: randomBytes(RECORD_BYTES).toString("base64"),
      PartitionKey: randomBytes(8).toString("hex"),
    }),
  );
  const connections = await openConnections(target.port, CONNECTIONS);
  const result = await measure("PutRecord 100 B, 64 connections", target, times, async (meter) => {
    await Promise.all(
      connections.map(async (connection, offset) => {
        for (let turn = offset; meter.running(); turn += CONNECTIONS) {
          const sentMs = performance.now();
          const { status } = await connection.send(requests[turn % VARIANTS] ?? Buffer.alloc(0));
          const stored = status === 200 ? 1 : 0;
          meter.count(stored, stored * RECORD_BYTES, 1 - stored, performance.now() - sentMs);
        }
      }),
    );
  });
  for (const connection of connections) connection.close();
  return result;
}
