/** Splits and merges shards of a stream while it is written and read. */
import { sleep } from "@millrace/base";
import type { SimulatedCluster } from "../cluster/simulated-cluster.ts";
import { SdkClient } from "./sdk-client.ts";

const OPEN_MAX = 6;

interface ListedShard {
  readonly ShardId: string;
  readonly HashKeyRange: { readonly StartingHashKey: string; readonly EndingHashKey: string };
  readonly SequenceNumberRange: { readonly EndingSequenceNumber?: string };
}

/** See the file comment. */
export class Resharder {
  readonly #client: SdkClient;
  readonly #streamName: string;
  #stopped = false;

  constructor(cluster: SimulatedCluster, streamName: string) {
    this.#client = new SdkClient(cluster, "resharder");
    this.#streamName = streamName;
    cluster.simulation.after(0, this.#client.process, () => {
      this.#run().catch((error: unknown) => cluster.simulation.violate(error));
    });
  }

  stop(): void {
    this.#stopped = true;
  }

  async #run(): Promise<void> {
    const { dice, process } = this.#client;
    for (;;) {
      await sleep(process.clock, dice.between(2000, 20_000));
      if (this.#stopped) return;
      await this.#change();
    }
  }

  async #change(): Promise<void> {
    const { dice } = this.#client;
    const listed = await this.#client.call("ListShards", { StreamName: this.#streamName });
    if (!listed.ok) return;
    const open = (listed.output["Shards"] as ListedShard[])
      .filter(({ SequenceNumberRange: range }) => range.EndingSequenceNumber === undefined)
      .toSorted((a, b) => (startOf(a) < startOf(b) ? -1 : 1));
    const at = dice.below(open.length);
    const [shard, next] = open.slice(at, at + 2);
    if (shard === undefined) return;
    if (next !== undefined && (open.length >= OPEN_MAX || dice.chance(0.4))) {
      const pair = { ShardToMerge: shard.ShardId, AdjacentShardToMerge: next.ShardId };
      await this.#client.call("MergeShards", { StreamName: this.#streamName, ...pair });
    } else {
      const middle = (startOf(shard) + BigInt(shard.HashKeyRange.EndingHashKey)) / 2n;
      const split = { ShardToSplit: shard.ShardId, NewStartingHashKey: middle.toString() };
      await this.#client.call("SplitShard", { StreamName: this.#streamName, ...split });
    }
  }
}

function startOf({ HashKeyRange: range }: ListedShard): bigint {
  return BigInt(range.StartingHashKey);
}
