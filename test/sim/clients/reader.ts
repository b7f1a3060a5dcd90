/** Reads every shard of a stream from its horizon, follows it to its end and on to its children, and compares. */
import { sleep } from "@millrace/base";
import type { History } from "../checks/history.ts";
import type { ShardReading } from "../checks/shard-order.ts";
import type { SimulatedCluster } from "../cluster/simulated-cluster.ts";
import { SdkClient } from "./sdk-client.ts";

interface GotRecords {
  readonly Records: readonly { readonly SequenceNumber: string; readonly Data: string }[];
  readonly NextShardIterator?: string;
  readonly MillisBehindLatest: number;
  readonly ChildShards?: readonly { readonly ShardId: string }[];
}

interface ShardProgress {
  readonly reading: ShardReading;
  iterator: string | undefined;
  lastSequenceNumber: string | undefined;
  /** Read to its end, or up to the tip by a read that began after {@link Reader.markTip}. */
  caughtUp: boolean;
  ended: boolean;
}

/** See the file comment. */
export class Reader {
  readonly #cluster: SimulatedCluster;
  readonly #client: SdkClient;
  readonly #name: string;
  readonly #history: History;
  readonly #streamName: string;
  readonly #pauseMaxMs: number;
  readonly #shards = new Map<string, ShardProgress>();

  constructor(
    cluster: SimulatedCluster,
    name: string,
    options: { readonly history: History; readonly streamName: string; readonly pauseMaxMs: number },
  ) {
    this.#cluster = cluster;
    this.#client = new SdkClient(cluster, name);
    this.#name = name;
    this.#history = options.history;
    this.#streamName = options.streamName;
    this.#pauseMaxMs = options.pauseMaxMs;
    cluster.simulation.after(0, this.#client.process, () => {
      this.#run().catch((error: unknown) => cluster.simulation.violate(error));
    });
  }

  /** From now on only a read that began later counts as having seen the tip. */
  markTip(): void {
    for (const shard of this.#shards.values()) if (!shard.ended) shard.caughtUp = false;
  }

  /** Whether every shard was read up to where it ended after the last {@link markTip}. */
  get caughtUp(): boolean {
    const shards = [...this.#shards.values()];
    return shards.length > 0 && shards.every(({ caughtUp, reading }) => caughtUp && reading.hasReadAll);
  }

  async #run(): Promise<void> {
    const { dice, process } = this.#client;
    for (;;) {
      await sleep(process.clock, dice.between(1, this.#pauseMaxMs));
      if (this.#shards.size === 0) await this.#findShards();
      for (const [shardId, progress] of this.#shards) if (!progress.ended) await this.#readOnce(shardId, progress);
    }
  }

  async #findShards(): Promise<void> {
    const outcome = await this.#client.call("ListShards", { StreamName: this.#streamName });
    if (!outcome.ok) return;
    const shards = outcome.output["Shards"] as { ShardId: string }[];
    for (const { ShardId: shardId } of shards) this.#follow(shardId);
  }

  #follow(shardId: string): void {
    if (this.#shards.has(shardId)) return;
    const reading = this.#history.reading(this.#name, shardId);
    this.#shards.set(shardId, {
      reading,
      iterator: undefined,
      lastSequenceNumber: undefined,
      caughtUp: false,
      ended: false,
    });
  }

  async #readOnce(shardId: string, progress: ShardProgress): Promise<void> {
    progress.iterator ??= await this.#iterator(shardId, progress);
    if (progress.iterator === undefined) return;
    const before = progress.caughtUp;
    progress.caughtUp = true;
    const { knownEnd } = progress.reading;
    const outcome = await this.#client.call("GetRecords", { ShardIterator: progress.iterator });
    if (!outcome.ok) {
      progress.caughtUp = before && progress.caughtUp;
      // Lost, or the iterator is of no use any more: a new one continues after the last record.
      progress.iterator = undefined;
      return;
    }
    const got = outcome.output as unknown as GotRecords;
    for (const { SequenceNumber: sequenceNumber, Data: data } of got.Records) {
      progress.reading.read(sequenceNumber, Buffer.from(data, "base64").toString());
      progress.lastSequenceNumber = sequenceNumber;
    }
    progress.iterator = got.NextShardIterator;
    for (const child of got.ChildShards ?? []) this.#follow(child.ShardId);
    if (got.Records.length === 0 && got.MillisBehindLatest === 0) progress.reading.nothingBefore(knownEnd);
    if (got.NextShardIterator === undefined) {
      progress.reading.end();
      progress.ended = progress.caughtUp = true;
    }
    if (!progress.ended && (got.Records.length > 0 || got.MillisBehindLatest > 0)) progress.caughtUp = false;
  }

  async #iterator(shardId: string, progress: ShardProgress): Promise<string | undefined> {
    const { lastSequenceNumber } = progress;
    const start =
      lastSequenceNumber === undefined
        ? { ShardIteratorType: "TRIM_HORIZON" }
        : { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber: lastSequenceNumber };
    const input = { StreamName: this.#streamName, ShardId: shardId, ...start };
    const outcome = await this.#client.call("GetShardIterator", input);
    // Its retention is over, and so is that of everything in it.
    if (!outcome.ok && this.#cluster.checks.isDropped(shardId)) {
      progress.ended = progress.caughtUp = true;
      await this.#findShards();
    }
    return outcome.ok ? (outcome.output["ShardIterator"] as string) : undefined;
  }
}
