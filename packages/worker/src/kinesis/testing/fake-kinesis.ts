/** A Kinesis of one stream in memory, for tests of what calls it: it answers as the service does, and fails when it is told to. */
import type { KinesisClient, SubscribeToShardEventStream } from "@aws-sdk/client-kinesis";

/** An error as the SDK throws it. */
export function sdkError(name: string): Error {
  return Object.assign(new Error(name), { name });
}

/** What SubscribeToShard was asked and what the test lets it say. */
export interface FakeSubscription {
  readonly shardId: string;
  readonly position: Readonly<Record<string, unknown>>;
  /** Whether the caller has ended the request. */
  readonly signal: AbortSignal;
  /** Sends an event; with none the subscription ends, as it does after five minutes. */
  say(event?: SubscribeToShardEventStream["SubscribeToShardEvent"]): void;
}

interface Stored {
  readonly SequenceNumber: string;
  readonly PartitionKey: string;
  readonly Data: Uint8Array;
  readonly ApproximateArrivalTimestamp: Date;
}

type Input = Readonly<Record<string, unknown>>;

/** See the file comment. */
export class FakeKinesis {
  /** Everything that was sent, in order. */
  readonly sent: { readonly name: string; readonly input: Input }[] = [];
  readonly subscriptions: FakeSubscription[] = [];
  /** What an SDK would take for its client. */
  readonly client: KinesisClient;
  readonly #shards = new Map<string, Stored[]>();
  readonly #failures: { readonly name: string; readonly error: Error }[] = [];
  #lastSequence = 1_000;
  /** Answers of PutRecords that say so many records were refused, one after the other. */
  refusals: number[] = [];

  constructor(shardCount: number) {
    for (let index = 0; index < shardCount; index += 1) {
      this.#shards.set(`shardId-${String(index).padStart(12, "0")}`, []);
    }
    const send = (command: { constructor: { name: string }; input: Input }, options: { abortSignal?: AbortSignal }) =>
      this.#send(command.constructor.name.replace("Command", ""), command.input, options.abortSignal);
    const endpoint = { protocol: "http:", hostname: "kinesis.test", port: 4567, path: "/" };
    const config = { endpoint: () => Promise.resolve(endpoint) };
    this.client = { send, config } as unknown as KinesisClient;
  }

  get shardIds(): readonly string[] {
    return [...this.#shards.keys()];
  }

  /** Adds a record; answers its sequence number. */
  put(shardId: string, PartitionKey: string, Data: Uint8Array): string {
    const SequenceNumber = String((this.#lastSequence += 1));
    this.#shards.get(shardId)?.push({ SequenceNumber, PartitionKey, Data, ApproximateArrivalTimestamp: new Date(5) });
    return SequenceNumber;
  }

  /** The next call of `name` fails with `error`. */
  failNext(name: string, error: Error): void {
    this.#failures.push({ name, error });
  }

  async #send(name: string, input: Input, signal?: AbortSignal): Promise<unknown> {
    await Promise.resolve();
    this.sent.push({ name, input });
    if (signal?.aborted === true) throw sdkError("AbortError");
    const failure = this.#failures.findIndex((each) => each.name === name);
    if (failure !== -1) throw this.#failures.splice(failure, 1)[0]?.error;
    return this.#answer(name, input, signal);
  }

  #answer(name: string, input: Input, signal: AbortSignal = new AbortController().signal): unknown {
    switch (name) {
      case "ListShards":
        return { Shards: this.#listed() };
      case "GetShardIterator":
        return { ShardIterator: `${String(input["ShardId"])} ${this.#indexOf(input)}` };
      case "GetRecords": {
        const [shardId = "", at = "0"] = String(input["ShardIterator"]).split(" ");
        const Records = (this.#shards.get(shardId) ?? []).slice(Number(at));
        return { Records, NextShardIterator: `${shardId} ${Number(at) + Records.length}`, MillisBehindLatest: 1_500 };
      }
      case "PutRecords":
        return { FailedRecordCount: this.refusals.shift() ?? 0 };
      case "DescribeStreamSummary":
        return { StreamDescriptionSummary: { StreamARN: "arn:s" } };
      case "DescribeStreamConsumer":
        return { ConsumerDescription: { ConsumerARN: "arn:consumer", ConsumerStatus: "ACTIVE" } };
      case "SubscribeToShard":
        return { EventStream: this.#subscribe(input, signal) };
      default:
        throw sdkError("UnknownOperationException");
    }
  }

  #listed(): object[] {
    const width = (1n << 128n) / BigInt(this.#shards.size);
    return this.shardIds.map((ShardId, index) => {
      const end = index === this.#shards.size - 1 ? (1n << 128n) - 1n : width * BigInt(index + 1) - 1n;
      const HashKeyRange = { StartingHashKey: String(width * BigInt(index)), EndingHashKey: String(end) };
      return { ShardId, HashKeyRange, SequenceNumberRange: { StartingSequenceNumber: "1" } };
    });
  }

  #indexOf({ ShardId, ShardIteratorType: type, StartingSequenceNumber: start }: Input): number {
    const records = this.#shards.get(String(ShardId)) ?? [];
    if (type === "LATEST") return records.length;
    const at = records.findIndex(({ SequenceNumber }) => SequenceNumber === start);
    return at === -1 ? 0 : at + (type === "AFTER_SEQUENCE_NUMBER" ? 1 : 0);
  }

  async *#subscribe(input: Input, signal: AbortSignal): AsyncGenerator<SubscribeToShardEventStream> {
    const events: (SubscribeToShardEventStream["SubscribeToShardEvent"] | undefined)[] = [];
    let woken: (() => void) | undefined;
    signal.addEventListener("abort", () => woken?.());
    this.subscriptions.push({
      shardId: String(input["ShardId"]),
      position: input["StartingPosition"] as Input,
      signal,
      say(event) {
        events.push(event);
        woken?.();
      },
    });
    for (;;) {
      while (events.length === 0 && !signal.aborted) await new Promise<void>((resolve) => (woken = resolve));
      if (signal.aborted) throw sdkError("AbortError");
      const SubscribeToShardEvent = events.shift();
      if (SubscribeToShardEvent === undefined) return;
      yield { SubscribeToShardEvent };
    }
  }
}
