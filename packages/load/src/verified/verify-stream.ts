/** Reads a whole stream from its horizon and compares it with everything that is known about it. */
import { setTimeout as delay } from "node:timers/promises";
import { ServiceError } from "@millrace/base";
import type { GatewayClient } from "./gateway-client.ts";
import type { RecordHistory } from "./record-history.ts";
import { listShards } from "./shard-list.ts";
import { ShardOrder, type OrderMark, type ReadRecord } from "./shard-order.ts";
import { iteratorAfter } from "./stream-follower.ts";

const PAGE_RECORDS = 5_000;
const PATIENCE_MS = 60_000;
const RETRY_MS = 100;

/** What was found. */
export interface StreamVerified {
  readonly shards: number;
  /** Records read. */
  readonly records: number;
  /** Acknowledged records among them. */
  readonly acknowledged: number;
  /** The order of every shard, to be compared with by a later verification. */
  readonly orders: ReadonlyMap<string, OrderMark>;
}

/** What was read of a shard before, by another reader. */
export type EarlierOrders = ReadonlyMap<string, OrderMark & { readonly ended?: boolean }>;

/**
 * Every acknowledged record is there once, under its number, as it was put; nothing else is there but records that were
 * sent; and every order seen `earlier` is the order still. Violations go to the history. Nobody may put meanwhile. Errors:
 * UNAVAILABLE when a shard cannot be read for a minute.
 */
export async function verifyStream(
  client: GatewayClient,
  streamName: string,
  history: RecordHistory,
  earlier: EarlierOrders,
): Promise<StreamVerified> {
  const seen = history.ends().map((end) => new Uint8Array(end));
  const orders = new Map<string, ShardOrder>();
  const found = { records: 0, acknowledged: 0 };
  for (const { shardId, parents } of await listShards(client, streamName)) {
    const order = new ShardOrder(
      history,
      shardId,
      parents.flatMap((parent) => orders.get(parent) ?? []),
    );
    orders.set(shardId, order);
    const before = earlier.get(shardId);
    await readShard(client, streamName, order, (record) => {
      const name = order.take(record);
      found.records += 1;
      if (before?.count === order.mark.count && before.chain !== order.mark.chain) {
        history.violate(`reordered: the first ${before.count} records of ${shardId} are not those read before`);
      }
      if (name === undefined) return;
      if (seen[name.producer]?.[name.count] === 1) {
        history.violate(`doubled: ${name.producer}-${name.count}, again in ${shardId} at ${record.SequenceNumber}`);
        return;
      }
      const ofProducer = seen[name.producer];
      if (ofProducer !== undefined) ofProducer[name.count] = 1;
      if (history.isAcknowledged(name.producer, name.count)) found.acknowledged += 1;
    });
    checkLength(history, shardId, order.mark.count, before);
  }
  for (const shardId of earlier.keys()) if (!orders.has(shardId)) history.violate(`lost: the whole shard ${shardId}`);
  seen.forEach((ofProducer, producer) => {
    ofProducer.forEach((wasSeen, count) => {
      if (wasSeen === 0 && history.isAcknowledged(producer, count)) {
        history.violate(`lost: ${producer}-${count} was acknowledged and is not there`);
      }
    });
  });
  const marks = new Map([...orders].map(([shardId, { mark }]) => [shardId, mark]));
  return { shards: orders.size, ...found, orders: marks };
}

function checkLength(
  history: RecordHistory,
  shardId: string,
  count: number,
  before: (OrderMark & { readonly ended?: boolean }) | undefined,
): void {
  if (before === undefined) return;
  if (count < before.count) history.violate(`lost: ${shardId} has ${count} records, ${before.count} were read before`);
  else if (before.ended === true && count > before.count) {
    history.violate(`${shardId} was read to its end after ${before.count} records and has ${count}`);
  }
}

async function readShard(
  client: GatewayClient,
  streamName: string,
  order: ShardOrder,
  take: (record: ReadRecord) => void,
): Promise<void> {
  let giveUpMs = performance.now() + PATIENCE_MS;
  let iterator = await iteratorAfter(client, streamName, order);
  for (;;) {
    const page =
      iterator === undefined
        ? undefined
        : await client.call("GetRecords", { ShardIterator: iterator, Limit: PAGE_RECORDS });
    if (page?.status === 200) {
      for (const record of page.body["Records"] as ReadRecord[]) take(record);
      iterator = page.body["NextShardIterator"] as string | undefined;
      if (iterator === undefined || page.body["MillisBehindLatest"] === 0) return;
      giveUpMs = performance.now() + PATIENCE_MS;
      continue;
    }
    if (performance.now() > giveUpMs) {
      throw new ServiceError("UNAVAILABLE", `${order.shardId} could not be read for a minute: ${JSON.stringify(page)}`);
    }
    await delay(RETRY_MS);
    iterator = await iteratorAfter(client, streamName, order);
  }
}
