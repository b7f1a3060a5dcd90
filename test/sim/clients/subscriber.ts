/**
 * A registered consumer: subscribes to every shard from its horizon, goes on after the last continuation sequence number
 * when a subscription ends, and on to the children when a shard has ended. It goes away and reads slowly at times.
 */
import { sleep } from "@millrace/base";
import type { History } from "../checks/history.ts";
import type { ShardReading } from "../checks/shard-order.ts";
import type { SimulatedCluster } from "../cluster/simulated-cluster.ts";
import type { SimulatedStream } from "../world/simulated-stream.ts";
import { EventMessages, type EventMessage } from "./event-messages.ts";
import { SdkClient } from "./sdk-client.ts";

const CONSUMER = "billing";
const PAUSE_MAX_MS = 8000;
const STAY_MAX_MS = 60_000;

interface ShardEvent {
  readonly Records: readonly { readonly SequenceNumber: string; readonly Data: string }[];
  readonly ContinuationSequenceNumber?: string;
  readonly ChildShards?: readonly { readonly ShardId: string }[];
}

/** See the file comment. */
export class Subscriber {
  readonly #client: SdkClient;
  readonly #cluster: SimulatedCluster;
  readonly #name: string;
  readonly #history: History;
  readonly #streamName: string;
  readonly #shards = new Map<string, ShardReading>();
  #consumerArn = "";
  #inHaste = false;

  constructor(
    cluster: SimulatedCluster,
    name: string,
    options: { readonly history: History; readonly streamName: string },
  ) {
    this.#client = new SdkClient(cluster, name);
    this.#cluster = cluster;
    this.#name = name;
    this.#history = options.history;
    this.#streamName = options.streamName;
    this.#begin(() => this.#run());
  }

  /** From now on it reads as fast as it can. */
  hurry(): void {
    this.#inHaste = true;
  }

  /** Whether it has read everything that anybody has. */
  get caughtUp(): boolean {
    const readings = [...this.#shards.values()];
    return readings.length > 0 && readings.every(({ hasReadAll }) => hasReadAll);
  }

  #begin(work: () => Promise<void>): void {
    this.#cluster.simulation.after(0, this.#client.process, () => {
      work().catch((error: unknown) => this.#cluster.simulation.violate(error));
    });
  }

  async #run(): Promise<void> {
    const { process } = this.#client;
    while (!(await this.#register())) await sleep(process.clock, 500);
    for (;;) {
      const listed = await this.#client.call("ListShards", { StreamName: this.#streamName });
      if (!listed.ok) continue;
      const first = (listed.output["Shards"] as { ShardId: string; ParentShardId?: string }[]).filter(
        ({ ParentShardId: parent }) => parent === undefined,
      );
      for (const { ShardId: shardId } of first) this.#follow(shardId);
      return;
    }
  }

  /** Answers whether the consumer is active. */
  async #register(): Promise<boolean> {
    const summary = await this.#client.call("DescribeStreamSummary", { StreamName: this.#streamName });
    if (!summary.ok) return false;
    const { StreamARN } = summary.output["StreamDescriptionSummary"] as { StreamARN: string };
    const consumer = { StreamARN, ConsumerName: CONSUMER };
    await this.#client.call("RegisterStreamConsumer", consumer);
    const described = await this.#client.call("DescribeStreamConsumer", consumer);
    if (!described.ok) return false;
    const found = described.output["ConsumerDescription"] as { ConsumerARN: string; ConsumerStatus: string };
    this.#consumerArn = found.ConsumerARN;
    return found.ConsumerStatus === "ACTIVE";
  }

  /** The parents of some shards are gone with all that was in them. */
  async #followAll(): Promise<void> {
    const listed = await this.#client.call("ListShards", { StreamName: this.#streamName });
    if (!listed.ok) return this.#followAll();
    for (const { ShardId: shardId } of listed.output["Shards"] as { ShardId: string }[]) this.#follow(shardId);
  }

  #follow(shardId: string): void {
    if (this.#shards.has(shardId)) return;
    const reading = this.#history.reading(this.#name, shardId);
    this.#shards.set(shardId, reading);
    this.#begin(() => this.#read(shardId, reading));
  }

  async #read(shardId: string, reading: ShardReading): Promise<void> {
    const { process, dice } = this.#client;
    let continuation: string | undefined;
    while (!reading.ended) {
      if (this.#cluster.checks.isDropped(shardId)) return this.#followAll();
      const stream = await this.#client.subscribe({
        ConsumerARN: this.#consumerArn,
        ShardId: shardId,
        StartingPosition:
          continuation === undefined
            ? { Type: "TRIM_HORIZON" }
            : { Type: "AFTER_SEQUENCE_NUMBER", SequenceNumber: continuation },
      });
      if (typeof stream !== "string") {
        await this.#consume(stream, ({ type, payload }) => {
          if (type === "SubscribeToShardEvent") continuation = this.#take(reading, payload as ShardEvent, continuation);
        });
      }
      await sleep(process.clock, dice.between(10, this.#inHaste ? 100 : 1000));
    }
  }

  /** Resolves when the stream has ended, whoever ended it. */
  #consume(stream: SimulatedStream, onMessage: (message: EventMessage) => void): Promise<void> {
    const { process, dice } = this.#client;
    const messages = new EventMessages();
    return new Promise((resolve) => {
      stream.onEnd = resolve;
      stream.onData = (bytes) => {
        for (const message of messages.take(bytes)) onMessage(message);
        if (this.#inHaste || !dice.chance(0.02)) return;
        stream.pause();
        process.clock.schedule(dice.between(100, PAUSE_MAX_MS), () => stream.resume());
      };
      stream.resume();
      process.clock.schedule(dice.between(0, STAY_MAX_MS), () => {
        stream.close();
        resolve();
      });
    });
  }

  /** Answers where to go on from. */
  #take(reading: ShardReading, event: ShardEvent, before: string | undefined): string | undefined {
    for (const { SequenceNumber: number, Data: data } of event.Records) {
      if (before !== undefined && BigInt(number) <= BigInt(before))
        throw new Error(`${this.#name} got ${number} of ${reading.shardId} after the continuation ${before}`);
      reading.read(number, Buffer.from(data, "base64").toString());
    }
    const { ContinuationSequenceNumber: continuation, ChildShards: children } = event;
    if (children !== undefined && children.length > 0) {
      reading.end();
      for (const child of children) this.#follow(child.ShardId);
    }
    if (continuation === undefined) return before;
    reading.goesOnAfter(continuation);
    const { lastNumber } = reading;
    if (BigInt(continuation) < lastNumber)
      throw new Error(`${this.#name} is to go on from ${continuation} in ${reading.shardId} after ${lastNumber}`);
    return continuation;
  }
}
