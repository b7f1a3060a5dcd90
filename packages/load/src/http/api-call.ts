/** Calls outside of what is measured: making streams, listing shards. */
import { ServiceError } from "@millrace/base";
import { RawConnection } from "./raw-connection.ts";
import { encodeRequest } from "./raw-request.ts";

const ACTIVE_WITHIN_MS = 30_000;
const POLL_MS = 50;

/** The parsed answer of one operation. Errors: UNAVAILABLE with the service's own words. */
export async function callApi(port: number, operation: string, input: object): Promise<Record<string, unknown>> {
  const connection = await RawConnection.open(port);
  try {
    const { status, body } = await connection.send(encodeRequest(operation, input));
    if (status !== 200) throw new ServiceError("UNAVAILABLE", `${operation} answered ${status}: ${body.toString()}`);
    return body.length === 0 ? {} : (JSON.parse(body.toString()) as Record<string, unknown>);
  } finally {
    connection.close();
  }
}

/** Creates a stream and waits until it takes records; answers its ARN. */
export async function createStream(port: number, StreamName: string, ShardCount: number): Promise<string> {
  await callApi(port, "CreateStream", { StreamName, ShardCount });
  const giveUpMs = performance.now() + ACTIVE_WITHIN_MS;
  for (;;) {
    const answer = await callApi(port, "DescribeStreamSummary", { StreamName });
    const summary = answer["StreamDescriptionSummary"] as { StreamStatus: string; StreamARN: string };
    if (summary.StreamStatus === "ACTIVE") return summary.StreamARN;
    if (performance.now() > giveUpMs) throw new ServiceError("DEADLINE", `${StreamName} did not become ACTIVE`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Ids of a stream's shards. */
export async function shardIds(port: number, StreamName: string): Promise<string[]> {
  const answer = await callApi(port, "ListShards", { StreamName });
  return (answer["Shards"] as { ShardId: string }[]).map((shard) => shard.ShardId);
}
