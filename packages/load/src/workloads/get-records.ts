/** GetRecords of a backlog: every shard from its beginning, one connection each, until all is read or time is over. */
import { callApi, shardIds } from "../http/api-call.ts";
import { openConnections } from "../http/raw-connection.ts";
import { encodeRequest } from "../http/raw-request.ts";
import type { WorkloadResult } from "../measure/workload-result.ts";
import type { Target } from "../targets/target.ts";
import { measure } from "./workload.ts";

const RECORD_BYTES = 1024;
const DATA_MEMBER = Buffer.from('"Data":"');

/** Reads `stream`, whose records are of 1 KiB. There is no warm-up: the backlog is read once. */
export async function getRecords(target: Target, stream: string, measureMs: number): Promise<WorkloadResult> {
  const shards = await shardIds(target.port, stream);
  const iterators = await Promise.all(
    shards.map(async (ShardId) => {
      const input = { StreamName: stream, ShardId, ShardIteratorType: "TRIM_HORIZON" };
      return (await callApi(target.port, "GetShardIterator", input))["ShardIterator"] as string;
    }),
  );
  const connections = await openConnections(target.port, shards.length);
  const times = { warmUpMs: 0, measureMs };
  const result = await measure("GetRecords of a backlog, 8 shards", target, times, async (meter) => {
    await Promise.all(
      connections.map(async (connection, index) => {
        let iterator = iterators[index];
        while (iterator !== undefined && meter.running()) {
          const sentMs = performance.now();
          const { status, body } = await connection.send(encodeRequest("GetRecords", { ShardIterator: iterator }));
          const records = status === 200 ? countRecords(body) : 0;
          meter.count(records, records * RECORD_BYTES, status === 200 ? 0 : 1, performance.now() - sentMs);
          // A read that finds nothing has reached the end: nobody puts any more.
          if (status === 200) iterator = records === 0 ? undefined : textMember(body, "NextShardIterator");
        }
      }),
    );
  });
  for (const connection of connections) connection.close();
  return result;
}

function countRecords(body: Buffer): number {
  let count = 0;
  for (let at = body.indexOf(DATA_MEMBER); at !== -1; at = body.indexOf(DATA_MEMBER, at + RECORD_BYTES)) count += 1;
  return count;
}

/** A string member of a large answer without parsing the rest of it. */
function textMember(body: Buffer, name: string): string | undefined {
  const marker = `"${name}":"`;
  const at = body.lastIndexOf(marker);
  if (at === -1) return undefined;
  const start = at + marker.length;
  return body.toString("latin1", start, body.indexOf('"', start));
}
