/** Puts records and remembers what was acknowledged; reads whole shards and compares. */
import { expect } from "vitest";
import type { Answer, KinesisCaller } from "../contract/kinesis-caller.ts";

/** A record as GetRecords gives it. */
export interface ReadRecord {
  readonly PartitionKey: string;
  readonly SequenceNumber: string;
  readonly Data: string;
}

const HASH_RANGE = 1n << 128n;

/** Every record of a shard from its horizon to its tip. */
export async function scanShard(kinesis: KinesisCaller, StreamName: string, shard: number): Promise<ReadRecord[]> {
  const ShardIteratorType = "TRIM_HORIZON";
  const start = await kinesis.ok("GetShardIterator", { StreamName, ShardId: String(shard), ShardIteratorType });
  const records: ReadRecord[] = [];
  let ShardIterator: unknown = start["ShardIterator"];
  for (;;) {
    const page = await kinesis.ok("GetRecords", { ShardIterator });
    records.push(...(page["Records"] as ReadRecord[]));
    ShardIterator = page["NextShardIterator"];
    // A closed shard has no next iterator once all of it was read.
    if (page["MillisBehindLatest"] === 0 || typeof ShardIterator !== "string") return records;
  }
}

/** See the file comment. Partition keys are unique; the data of a record is derived from its key. */
export class PutLedger {
  readonly #kinesis: KinesisCaller;
  readonly #streamName: string;
  readonly #shards: number;
  readonly acknowledged: Map<string, { readonly shard: number; readonly number: string; readonly data: string }> =
    new Map();
  #count = 0;

  constructor(kinesis: KinesisCaller, streamName: string, shards: number) {
    this.#kinesis = kinesis;
    this.#streamName = streamName;
    this.#shards = shards;
  }

  /** Puts one record of about `bytes` to a shard and answers what came back. */
  async put(shard: number, bytes: number): Promise<Answer> {
    const key = `record-${(this.#count += 1)}`;
    const data = Buffer.from(`${key} `.repeat(Math.ceil(bytes / (key.length + 1)))).toString("base64");
    const answer = await this.#kinesis.call("PutRecord", {
      StreamName: this.#streamName,
      PartitionKey: key,
      ExplicitHashKey: ((HASH_RANGE / BigInt(this.#shards)) * BigInt(shard)).toString(),
      Data: data,
    });
    if (answer.status === 200) {
      this.acknowledged.set(key, { shard, number: answer.body["SequenceNumber"] as string, data });
    }
    return answer;
  }

  /** Until every shard has taken a record. */
  async putEverywhere(timeoutMs = 30_000): Promise<void> {
    const open = new Set(Array.from({ length: this.#shards }, (_, shard) => shard));
    const attempt = async (): Promise<number> => {
      for (const shard of open) if ((await this.put(shard, 100)).status === 200) open.delete(shard);
      return open.size;
    };
    await expect.poll(attempt, { timeout: timeoutMs }).toBe(0);
  }

  /** Everything acknowledged is there, byte for byte and under its number. */
  async expectReadable(): Promise<void> {
    const found = new Map<string, ReadRecord>();
    for (let shard = 0; shard < this.#shards; shard += 1) {
      for (const record of await scanShard(this.#kinesis, this.#streamName, shard))
        found.set(record.PartitionKey, record);
    }
    const wrong = [...this.acknowledged].filter(([key, { number, data }]) => {
      const record = found.get(key);
      return record?.SequenceNumber !== number || record.Data !== data;
    });
    expect(wrong.map(([key]) => key)).toEqual([]);
  }
}
