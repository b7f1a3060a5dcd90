/**
 * From put to SubscribeToShard event at 200 records a second, open loop: latency counts from the moment a record was due to be
 * sent, so that a server that stalls the sender does not look better for it.
 */
import { connect, type Socket } from "node:net";
import { callApi, shardIds } from "../http/api-call.ts";
import { openConnections } from "../http/raw-connection.ts";
import { encodeRequest } from "../http/raw-request.ts";
import { ResponseParser } from "../http/response-parser.ts";
import type { WorkloadResult } from "../measure/workload-result.ts";
import type { Target } from "../targets/target.ts";
import { measure, type WorkloadTimes } from "./workload.ts";

const RECORDS_PER_SECOND = 200;
const CONNECTIONS = 16;
const SETTLE_MS = 1_000;
/** Total length, headers length, checksum of both; the message ends with another checksum. */
const PRELUDE_BYTES = 12;
const CHECKSUM_BYTES = 4;

/** Puts to a one-shard stream and receives as a registered consumer. */
export async function subscribeLatency(
  target: Target,
  stream: string,
  streamArn: string,
  times: WorkloadTimes,
): Promise<WorkloadResult> {
  const consumerArn = await activeConsumer(target.port, streamArn);
  const [shardId = ""] = await shardIds(target.port, stream);
  const connections = await openConnections(target.port, CONNECTIONS);
  const idle = [...connections];
  let onRecord = ignore;
  const subscription = subscribe(target.port, consumerArn, shardId, (dueMs) => onRecord(dueMs));
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const result = await measure("put → SubscribeToShard event, 200 records/s", target, times, async (meter) => {
    onRecord = (dueMs) => meter.count(1, 0, 0, performance.now() - dueMs);
    const beginMs = performance.now();
    for (let sent = 0; meter.running();) {
      const dueMs = beginMs + (sent * 1000) / RECORDS_PER_SECOND;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      const connection = idle.shift();
      sent += 1;
      if (connection === undefined) continue;
      const Data = Buffer.from(String(dueMs)).toString("base64");
      const request = encodeRequest("PutRecord", { StreamName: stream, PartitionKey: String(sent), Data });
      void connection.send(request).then(
        ({ status }) => {
          if (status !== 200) meter.count(0, 0, 1, 0);
          idle.push(connection);
        },
        () => undefined, // Closed at the end of the run, with its answer still under way.
      );
    }
  });
  subscription.destroy();
  for (const connection of connections) connection.close();
  return result;
}

/** Until the clock runs, what arrives is not counted. */
function ignore(_dueMs: number): void {
  return undefined;
}

async function activeConsumer(port: number, StreamARN: string): Promise<string> {
  const registered = await callApi(port, "RegisterStreamConsumer", { StreamARN, ConsumerName: "latency" });
  const { ConsumerARN } = registered["Consumer"] as { ConsumerARN: string };
  for (;;) {
    const answer = await callApi(port, "DescribeStreamConsumer", { ConsumerARN });
    const { ConsumerStatus } = answer["ConsumerDescription"] as { ConsumerStatus: string };
    if (ConsumerStatus === "ACTIVE") return ConsumerARN;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function subscribe(port: number, ConsumerARN: string, ShardId: string, onRecord: (dueMs: number) => void): Socket {
  const socket = connect(port, "127.0.0.1");
  let held = Buffer.alloc(0);
  const parser = new ResponseParser({
    onBody(piece) {
      held = Buffer.concat([held, piece]);
      while (held.length >= PRELUDE_BYTES && held.length >= held.readUInt32BE(0)) {
        const total = held.readUInt32BE(0);
        readEvent(held.subarray(PRELUDE_BYTES + held.readUInt32BE(4), total - CHECKSUM_BYTES), onRecord);
        held = held.subarray(total);
      }
    },
    onEnd: () => undefined,
  });
  socket.setNoDelay(true);
  socket.on("data", (piece: Buffer) => parser.push(piece));
  socket.on("error", () => undefined); // Seen as missing events: the result's count says so.
  socket.write(encodeRequest("SubscribeToShard", { ConsumerARN, ShardId, StartingPosition: { Type: "LATEST" } }));
  return socket;
}

function readEvent(payload: Buffer, onRecord: (dueMs: number) => void): void {
  if (payload.length === 0) return;
  const { Records = [] } = JSON.parse(payload.toString()) as { Records?: { Data: string }[] };
  for (const { Data } of Records) onRecord(Number(Buffer.from(Data, "base64").toString()));
}
