/** The shards of a stream, parents before children. */
import { setTimeout as delay } from "node:timers/promises";
import { ServiceError } from "@millrace/base";
import type { GatewayClient } from "./gateway-client.ts";

/** A shard and the shards it came from. */
export interface ListedShard {
  readonly shardId: string;
  readonly parents: readonly string[];
  readonly isOpen: boolean;
  readonly startingHashKey: string;
  readonly endingHashKey: string;
}

interface ApiShard {
  readonly ShardId: string;
  readonly ParentShardId?: string;
  readonly AdjacentParentShardId?: string;
  readonly HashKeyRange: { readonly StartingHashKey: string; readonly EndingHashKey: string };
  readonly SequenceNumberRange: { readonly EndingSequenceNumber?: string };
}

const PATIENCE_MS = 60_000;
const RETRY_MS = 100;

/** Asks until it is answered. Errors: UNAVAILABLE when that takes more than a minute. */
export async function listShards(client: GatewayClient, streamName: string): Promise<ListedShard[]> {
  const shards: ListedShard[] = [];
  let next: unknown;
  do {
    const input = next === undefined ? { StreamName: streamName } : { NextToken: next };
    const body = await callUntilAnswered(client, "ListShards", input);
    for (const shard of body["Shards"] as ApiShard[]) {
      shards.push({
        shardId: shard.ShardId,
        parents: [shard.ParentShardId, shard.AdjacentParentShardId].filter((id) => id !== undefined),
        isOpen: shard.SequenceNumberRange.EndingSequenceNumber === undefined,
        startingHashKey: shard.HashKeyRange.StartingHashKey,
        endingHashKey: shard.HashKeyRange.EndingHashKey,
      });
    }
    next = body["NextToken"];
  } while (next !== undefined && next !== null);
  // Shard ids count up with creation, so parents have smaller ones.
  return shards.toSorted((a, b) => (a.shardId < b.shardId ? -1 : 1));
}

/** Repeats a read-only or idempotent call until it succeeds. Errors: UNAVAILABLE with the last answer, after a minute. */
export async function callUntilAnswered(
  client: GatewayClient,
  operation: string,
  input: object,
): Promise<Readonly<Record<string, unknown>>> {
  const giveUpMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const { status, body } = await client.call(operation, input);
    if (status === 200) return body;
    if (performance.now() > giveUpMs) {
      throw new ServiceError("UNAVAILABLE", `${operation} answered ${status} for a minute: ${JSON.stringify(body)}`);
    }
    await delay(RETRY_MS);
  }
}
