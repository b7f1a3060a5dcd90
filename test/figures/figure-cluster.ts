/** A three-node cluster for a measurement, with streams on it; everything is removed afterwards. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { callUntilAnswered, encodeRequest, GatewayClient, RawConnection, requestBody } from "@millrace/load";
import { ProcessCluster } from "@millrace/testkit";

const CONNECTIONS = 8;
const VARIANTS = 6;
const RECORDS_BYTES = 500 * 1024;

/** Runs `measure` on a new cluster. */
export async function onCluster<T>(
  env: Readonly<Record<string, string>>,
  measure: (cluster: ProcessCluster, client: GatewayClient) => Promise<T>,
): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), "millrace-figures-"));
  try {
    const cluster = await ProcessCluster.start({ dataDir, nodes: 3, gateways: 1, env });
    const client = new GatewayClient(cluster.gatewayPorts);
    try {
      return await measure(cluster, client);
    } finally {
      client.close();
      await cluster.stop();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Creates a stream and waits until it is ACTIVE. */
export async function createStream(client: GatewayClient, StreamName: string, ShardCount: number): Promise<void> {
  await callUntilAnswered(client, "CreateStream", { StreamName, ShardCount });
  for (;;) {
    const answer = await callUntilAnswered(client, "DescribeStreamSummary", { StreamName });
    if ((answer["StreamDescriptionSummary"] as { StreamStatus: string }).StreamStatus === "ACTIVE") return;
    await delay(50);
  }
}

/** Puts records of 1 KiB until about `bytes` are stored or `timeMs` are over; answers how many bytes were. */
export async function fill(port: number, streamName: string, bytes: number, timeMs: number): Promise<number> {
  const requests = Array.from({ length: VARIANTS }, () => encodeRequest("PutRecords", requestBody(streamName)));
  const endMs = performance.now() + timeMs;
  let stored = 0;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, offset) => {
      const connection = await RawConnection.open(port);
      for (let turn = offset; stored < bytes && performance.now() < endMs; turn += 1) {
        const { status } = await connection.send(requests[turn % VARIANTS] ?? Buffer.alloc(0));
        if (status === 200) stored += RECORDS_BYTES;
      }
      connection.close();
    }),
  );
  return stored;
}
