/** Looks again and again where every shard begins now: what lies before must be old. */
import { sleep } from "@millrace/base";
import type { History } from "../checks/history.ts";
import type { SimulatedCluster } from "../cluster/simulated-cluster.ts";
import { SdkClient } from "./sdk-client.ts";

const PAUSE_MAX_MS = 4000;

/** See the file comment. */
export class HorizonWatch {
  readonly #client: SdkClient;
  readonly #history: History;
  readonly #streamName: string;
  #stopped = false;

  constructor(cluster: SimulatedCluster, streamName: string, history: History) {
    this.#client = new SdkClient(cluster, "horizon-watch");
    this.#history = history;
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
    while (!this.#stopped) {
      await sleep(process.clock, dice.between(500, PAUSE_MAX_MS));
      const listed = await this.#client.call("ListShards", { StreamName: this.#streamName });
      if (!listed.ok) continue;
      for (const { ShardId } of listed.output["Shards"] as { ShardId: string }[]) await this.#look(ShardId);
    }
  }

  async #look(shardId: string): Promise<void> {
    const reading = this.#history.reading("horizon-watch", shardId);
    const { knownEnd } = reading;
    const asked = { StreamName: this.#streamName, ShardId: shardId, ShardIteratorType: "TRIM_HORIZON" };
    const iterator = await this.#client.call("GetShardIterator", asked);
    if (!iterator.ok) return;
    const input = { ShardIterator: iterator.output["ShardIterator"], Limit: 1 };
    const outcome = await this.#client.call("GetRecords", input);
    if (!outcome.ok) return;
    const [record] = outcome.output["Records"] as { SequenceNumber: string; Data: string }[];
    if (record !== undefined) reading.read(record.SequenceNumber, Buffer.from(record.Data, "base64").toString());
    else if (outcome.output["MillisBehindLatest"] === 0) reading.nothingBefore(knownEnd);
  }
}
