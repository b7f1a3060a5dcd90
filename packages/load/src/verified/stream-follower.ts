/** Reads every shard of a stream behind its producers, children after their parents, while everything around it fails. */
import { setTimeout as delay } from "node:timers/promises";
import type { GatewayClient } from "./gateway-client.ts";
import type { RecordHistory } from "./record-history.ts";
import { listShards } from "./shard-list.ts";
import { ShardOrder, type OrderMark, type ReadRecord } from "./shard-order.ts";

const PAGE_RECORDS = 2_000;
const IDLE_MS = 150;
const REFRESH_MS = 1_000;

/** What a follower works with. `clients` makes a client for each shard. */
export interface FollowerParts {
  readonly clients: () => GatewayClient;
  readonly streamName: string;
  readonly history: RecordHistory;
}

/** Follows until `stop`; answers the order of every shard as far as it was read, and whether its end was seen. */
export async function followStream(
  parts: FollowerParts,
  stop: AbortSignal,
): Promise<ReadonlyMap<string, OrderMark & { readonly ended: boolean }>> {
  const orders = new Map<string, ShardOrder>();
  const ended = new Set<string>();
  const following: Promise<void>[] = [];
  const lister = parts.clients();
  while (!stop.aborted) {
    for (const { shardId, parents } of await listShards(lister, parts.streamName)) {
      const known = parents.filter((parent) => orders.has(parent));
      if (orders.has(shardId) || known.some((parent) => !ended.has(parent))) continue;
      const order = new ShardOrder(
        parts.history,
        shardId,
        known.flatMap((parent) => orders.get(parent) ?? []),
      );
      orders.set(shardId, order);
      following.push(
        followShard(parts, order, stop).then((sawEnd) => {
          if (sawEnd) ended.add(shardId);
        }),
      );
    }
    await delay(REFRESH_MS);
  }
  lister.close();
  await Promise.all(following);
  return new Map([...orders].map(([shardId, { mark }]) => [shardId, { ...mark, ended: ended.has(shardId) }]));
}

/** Answers whether the shard's end was reached. */
async function followShard(parts: FollowerParts, order: ShardOrder, stop: AbortSignal): Promise<boolean> {
  const client = parts.clients();
  try {
    while (!stop.aborted) {
      let iterator = await iteratorAfter(client, parts.streamName, order);
      while (iterator !== undefined && !stop.aborted) {
        const page = await client.call("GetRecords", { ShardIterator: iterator, Limit: PAGE_RECORDS });
        if (page.status !== 200) break;
        const records = page.body["Records"] as ReadRecord[];
        for (const record of records) order.take(record);
        if (page.body["NextShardIterator"] === undefined) return true;
        iterator = page.body["NextShardIterator"] as string;
        if (records.length < PAGE_RECORDS) await delay(IDLE_MS);
      }
      await delay(IDLE_MS);
    }
    return false;
  } finally {
    client.close();
  }
}

/** An iterator behind what was taken; undefined when it was not to be had now. */
export async function iteratorAfter(
  client: GatewayClient,
  StreamName: string,
  { shardId: ShardId, lastNumber }: ShardOrder,
): Promise<string | undefined> {
  const from =
    lastNumber === undefined
      ? { ShardIteratorType: "TRIM_HORIZON" }
      : { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber: lastNumber };
  const { body } = await client.call("GetShardIterator", { StreamName, ShardId, ...from });
  return body["ShardIterator"] as string | undefined;
}
