/** The calls a shard's reader makes, over any `KinesisClient` of AWS SDK v3. */
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  PutRecordsCommand,
  SubscribeToShardCommand,
  type ChildShard,
  type GetRecordsOutput,
  type KinesisClient,
  type PutRecordsRequestEntry,
  type Shard,
  type ShardIteratorType,
  type StartingPosition,
  type SubscribeToShardEvent,
  type SubscribeToShardEventStream,
} from "@aws-sdk/client-kinesis";
import { ServiceError } from "@millrace/base";
import type { ListedShard } from "../coordination/coordinator-contract.ts";
import type { Checkpoint } from "../lease/checkpoint.ts";
import type { LeasedShard } from "../lease/lease.ts";

export type { GetRecordsOutput, KinesisClient, SubscribeToShardEvent };

/** A place in a shard, in the API's words. */
export interface ReadPosition {
  readonly type: ShardIteratorType;
  readonly sequenceNumber?: string;
  readonly timestamp?: Date;
}

/** Where reading begins. A position is read AT, not AFTER: an aggregate may have been left in the middle. */
export function startOf(checkpoint: Checkpoint): ReadPosition {
  switch (checkpoint.type) {
    case "SEQUENCE":
      return { type: "AT_SEQUENCE_NUMBER", sequenceNumber: checkpoint.sequenceNumber };
    case "AT_TIMESTAMP":
      return { type: "AT_TIMESTAMP", timestamp: new Date(checkpoint.timestampMs) };
    case "SHARD_END":
      throw new ServiceError("INTERNAL", "a finished shard is not read");
    default:
      return { type: checkpoint.type };
  }
}

/** How the API names a stream: by name, or by ARN when it is one. */
export function streamMember(stream: string): { StreamName: string } | { StreamARN: string } {
  return stream.startsWith("arn:") ? { StreamARN: stream } : { StreamName: stream };
}

/** See the file comment. Errors of every method: those of the SDK. */
export class ShardApi {
  readonly #client: KinesisClient;

  constructor(client: KinesisClient) {
    this.#client = client;
  }

  /** An iterator at `position`. */
  async iterator(stream: string, shardId: string, position: ReadPosition, abortSignal: AbortSignal): Promise<string> {
    const answer = await this.#client.send(
      new GetShardIteratorCommand({
        ...streamMember(stream),
        ShardId: shardId,
        ShardIteratorType: position.type,
        ...(position.sequenceNumber === undefined ? {} : { StartingSequenceNumber: position.sequenceNumber }),
        ...(position.timestamp === undefined ? {} : { Timestamp: position.timestamp }),
      }),
      { abortSignal },
    );
    if (answer.ShardIterator === undefined) throw new ServiceError("INTERNAL", "the answer holds no iterator");
    return answer.ShardIterator;
  }

  /** At most `countMax` records from `iterator` on. */
  getRecords(iterator: string, countMax: number, abortSignal: AbortSignal): Promise<GetRecordsOutput> {
    return this.#client.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: countMax }), { abortSignal });
  }

  /** The events of a subscription. `abortSignal` ends the request. */
  async subscribe(
    consumerArn: string,
    shardId: string,
    position: ReadPosition,
    abortSignal: AbortSignal,
  ): Promise<AsyncIterable<SubscribeToShardEventStream>> {
    const start: StartingPosition = {
      Type: position.type,
      ...(position.sequenceNumber === undefined ? {} : { SequenceNumber: position.sequenceNumber }),
      ...(position.timestamp === undefined ? {} : { Timestamp: position.timestamp }),
    };
    const answer = await this.#client.send(
      new SubscribeToShardCommand({ ConsumerARN: consumerArn, ShardId: shardId, StartingPosition: start }),
      { abortSignal },
    );
    if (answer.EventStream === undefined) throw new ServiceError("INTERNAL", "the answer holds no events");
    return answer.EventStream;
  }

  /** Every listed shard of `stream`, all pages. */
  async listShards(stream: string, abortSignal: AbortSignal): Promise<ListedShard[]> {
    const shards: Shard[] = [];
    let token: string | undefined;
    do {
      const request = token === undefined ? streamMember(stream) : { NextToken: token };
      const page = await this.#client.send(new ListShardsCommand(request), { abortSignal });
      shards.push(...(page.Shards ?? []));
      token = page.NextToken;
    } while (token !== undefined);
    return shards.map((shard) => ({
      ...leasedShard(stream, shard),
      closed: shard.SequenceNumberRange?.EndingSequenceNumber !== undefined,
    }));
  }

  /** What ListShards says of `shardId`: whether it is still open, gone, and which shards name it as a parent. */
  async lineageOf(
    stream: string,
    shardId: string,
    abortSignal: AbortSignal,
  ): Promise<{ open: boolean; children: LeasedShard[] }> {
    const shards = await this.listShards(stream, abortSignal);
    const children = shards.filter(({ parents }) => parents.includes(shardId));
    return {
      open: shards.some((shard) => shard.shardId === shardId && !shard.closed),
      children: children.map(({ closed: _closed, ...child }) => child),
    };
  }

  /** Puts records; answers how many were refused. */
  async putRecords(stream: string, records: PutRecordsRequestEntry[], abortSignal: AbortSignal): Promise<number> {
    const answer = await this.#client.send(new PutRecordsCommand({ ...streamMember(stream), Records: records }), {
      abortSignal,
    });
    return answer.FailedRecordCount ?? 0;
  }
}

/** The child shards of an answer, as the lease side wants them. */
export function childShards(stream: string, children: readonly ChildShard[]): LeasedShard[] {
  return children.map(({ ShardId: shardId = "", ParentShards: parents = [], HashKeyRange: range }) => ({
    stream,
    shardId,
    parents,
    hashRange: hashRangeOf(range),
  }));
}

function leasedShard(stream: string, shard: Shard): LeasedShard {
  const parents = [shard.ParentShardId, shard.AdjacentParentShardId].filter((id) => id !== undefined);
  return { stream, shardId: shard.ShardId ?? "", parents, hashRange: hashRangeOf(shard.HashKeyRange) };
}

function hashRangeOf(range: Shard["HashKeyRange"]): LeasedShard["hashRange"] {
  const { StartingHashKey: start, EndingHashKey: end } = range ?? {};
  return start === undefined || end === undefined ? undefined : { start, end };
}
