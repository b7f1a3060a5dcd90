/** A three-node cluster for a measurement, with streams on it; everything is removed afterwards. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { callUntilAnswered, encodeRequest, GatewayClient, RawConnection, requestBody } from "@millrace/load";
import { ProcessCluster } from "@millrace/testkit";

const CONNECTIONS = 8;
const VARIANTS = 6;

/** Records of one request. */
interface RequestSize {
  readonly count: number;
  readonly sizeBytes: number;
}

const SMALL_RECORDS: RequestSize = { count: 500, sizeBytes: 1024 };

/** Runs `measure` on a new cluster of `nodes` nodes. */
export async function onCluster<T>(
  env: Readonly<Record<string, string>>,
  measure: (cluster: ProcessCluster, client: GatewayClient) => Promise<T>,
  nodes = 3,
): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), "millrace-figures-"));
  const removeAll = (): void => rmSync(dataDir, { recursive: true, force: true, maxRetries: 10 });
  // The processes of the cluster end with this one.
  const interrupted = (): void => {
    removeAll();
    process.exit(1);
  };
  process.once("SIGINT", interrupted);
  process.once("SIGTERM", interrupted);
  try {
    const cluster = await ProcessCluster.start({ dataDir, nodes, gateways: 1, direct: true, env });
    const client = new GatewayClient(cluster.gatewayPorts);
    try {
      return await measure(cluster, client);
    } finally {
      client.close();
      await cluster.stop();
    }
  } finally {
    process.off("SIGINT", interrupted);
    process.off("SIGTERM", interrupted);
    removeAll();
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

/** Puts records, of 1 KiB unless told otherwise, until about `bytes` are stored or `timeMs` are over; answers how many bytes were. */
export async function fill(
  port: number,
  streamName: string,
  bytes: number,
  timeMs: number,
  { count, sizeBytes }: RequestSize = SMALL_RECORDS,
): Promise<number> {
  const body = (): string => requestBody(streamName, count, sizeBytes);
  const requests = Array.from({ length: VARIANTS }, () => encodeRequest("PutRecords", body()));
  const endMs = performance.now() + timeMs;
  let stored = 0;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, offset) => {
      const connection = await RawConnection.open(port);
      for (let turn = offset; stored < bytes && performance.now() < endMs; turn += 1) {
        const { status } = await connection.send(requests[turn % VARIANTS] ?? Buffer.alloc(0));
        if (status === 200) stored += count * sizeBytes;
      }
      connection.close();
    }),
  );
  return stored;
}

/** Journal bytes on the disk of a node; 0 while it cannot be asked. */
export async function journalBytesOf(cluster: ProcessCluster, name: string): Promise<number> {
  return (await cluster.process(name).metric("store_bytes")) ?? 0;
}
