/** Producers that put until told to stop, and everything they were told. Their requests carry no invocation id. */
import { expect } from "vitest";
import type { KinesisCaller } from "../contract/kinesis-caller.ts";
import { scanShard } from "./put-ledger.ts";

/** Who puts what where. Partition keys begin with the label and are never used twice. */
export interface ProducerOptions {
  readonly kinesis: KinesisCaller;
  readonly StreamName: string;
  readonly label: string;
  readonly clients: number;
  readonly recordsPerPut: number;
}

/** See the file comment. They start at once. */
export class SteadyProducers {
  readonly acknowledged: Map<string, string> = new Map();
  readonly failures: string[] = [];
  requests = 0;
  /** How long the slowest put took, and how many took longer than 500 ms. */
  slowestMs = 0;
  slowCount = 0;
  readonly #options: ProducerOptions;
  #stopped = false;
  readonly #clients: Promise<void>[];

  constructor(options: ProducerOptions) {
    this.#options = options;
    this.#clients = Array.from({ length: options.clients }, (_, client) => this.#run(client));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  /** Resolves when every client has had an answer to a request it sent after this call. */
  async everyClientGoesOn(): Promise<void> {
    const enough = this.requests + 5 * this.#options.clients;
    await expect.poll(() => this.requests, { timeout: 60_000 }).toBeGreaterThan(enough);
  }

  /** Every acknowledged record is in the stream, once, under its number. */
  async expectStoredOnce(shards: number): Promise<void> {
    const { kinesis, StreamName } = this.#options;
    const found = new Map<string, string[]>();
    for (let shard = 0; shard < shards; shard += 1) {
      for (const { PartitionKey, SequenceNumber } of await scanShard(kinesis, StreamName, shard)) {
        found.set(PartitionKey, [...(found.get(PartitionKey) ?? []), SequenceNumber]);
      }
    }
    const wrong = [...this.acknowledged].filter(([key, number]) => found.get(key)?.join() !== number);
    expect(wrong).toEqual([]);
  }

  async #run(client: number): Promise<void> {
    const { kinesis, StreamName, label, recordsPerPut } = this.#options;
    for (let round = 0; !this.#stopped; round += 1) {
      const keys = Array.from({ length: recordsPerPut }, (_, index) => `${label}-${client}-${round}-${index}`);
      const Records = keys.map((PartitionKey) => ({
        PartitionKey,
        Data: Buffer.from(PartitionKey).toString("base64"),
      }));
      const sentMs = performance.now();
      const answer = await kinesis.call("PutRecords", { StreamName, Records });
      const tookMs = performance.now() - sentMs;
      this.slowestMs = Math.max(this.slowestMs, tookMs);
      if (tookMs > 500) this.slowCount += 1;
      this.requests += 1;
      if (answer.status !== 200) this.failures.push(JSON.stringify(answer.body));
      const results = (answer.body["Records"] ?? []) as { SequenceNumber?: string; ErrorCode?: string }[];
      results.forEach(({ SequenceNumber, ErrorCode }, index) => {
        if (SequenceNumber === undefined) this.failures.push(ErrorCode ?? "no outcome");
        else this.acknowledged.set(keys[index] ?? "", SequenceNumber);
      });
    }
  }
}
