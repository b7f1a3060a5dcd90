/** Puts records under keys of its own, one put after the other, and tells the history what was acknowledged. */
import { sleep } from "@millrace/base";
import type { History } from "../checks/history.ts";
import type { SimulatedCluster } from "../cluster/simulated-cluster.ts";
import { SdkClient } from "./sdk-client.ts";

const KEYS = 4;
const BATCH_MAX = 5;

interface PutResult {
  readonly ShardId?: string;
  readonly SequenceNumber?: string;
  readonly ErrorCode?: string;
}

/** See the file comment. */
export class Producer {
  readonly #client: SdkClient;
  readonly #name: string;
  readonly #history: History;
  readonly #streamName: string;
  readonly #pauseMaxMs: number;
  #made = 0;
  #stopped = false;
  /** Virtual time of the last acknowledgement. */
  lastAcknowledgedMs = -Infinity;

  constructor(
    cluster: SimulatedCluster,
    name: string,
    options: { readonly history: History; readonly streamName: string; readonly pauseMaxMs: number },
  ) {
    this.#client = new SdkClient(cluster, name);
    this.#name = name;
    this.#history = options.history;
    this.#streamName = options.streamName;
    this.#pauseMaxMs = options.pauseMaxMs;
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
      await sleep(process.clock, dice.between(0, this.#pauseMaxMs));
      if (dice.chance(0.5)) await this.#putOne();
      else await this.#putSome(1 + dice.below(BATCH_MAX));
    }
  }

  async #putOne(): Promise<void> {
    const record = this.#record();
    const outcome = await this.#client.call("PutRecord", { StreamName: this.#streamName, ...record.input });
    if (outcome.ok) this.#acknowledged(record, outcome.output);
  }

  async #putSome(count: number): Promise<void> {
    const records = Array.from({ length: count }, () => this.#record());
    const Records = records.map(({ input }) => input);
    const outcome = await this.#client.call("PutRecords", { StreamName: this.#streamName, Records });
    if (!outcome.ok) return;
    const results = outcome.output["Records"] as PutResult[];
    results.forEach((result, index) => {
      const record = records[index];
      if (record !== undefined && result.ErrorCode === undefined) this.#acknowledged(record, result);
    });
  }

  #record(): { key: string; data: string; input: { PartitionKey: string; Data: string } } {
    const { dice } = this.#client;
    this.#made += 1;
    const key = `${this.#name}-key-${dice.below(KEYS)}`;
    const data = `${this.#name}#${this.#made}${dice.chance(0.05) ? "-".repeat(3000) : ""}`;
    this.#history.sent(data);
    return { key, data, input: { PartitionKey: key, Data: Buffer.from(data).toString("base64") } };
  }

  #acknowledged(record: { key: string; data: string }, result: PutResult): void {
    const { ShardId: shardId = "", SequenceNumber: sequenceNumber = "" } = result;
    this.lastAcknowledgedMs = this.#client.process.clock.monotonicMs();
    this.#history.acknowledged(record.data, record.key, { shardId, sequenceNumber });
  }
}
