/** What tests of the producer are written with. For tests only. */
import { ManualClock, seededRandom } from "@millrace/testkit";
import type { PutResult } from "../core/pending-record.ts";
import type { ProducerSettings } from "../core/producer-settings.ts";
import { ProducerError } from "../producer-error.ts";
import { Producer } from "../producer.ts";
import { FakeStream } from "./fake-stream.ts";

/** A producer on a stream of its own, with time in the test's hands. */
export class Bench {
  readonly clock: ManualClock = new ManualClock();
  readonly stream: FakeStream;
  readonly producer: Producer;
  readonly results: (PutResult | ProducerError | undefined)[] = [];

  constructor(
    settings: Partial<ProducerSettings> = {},
    options: { shards?: number; seed?: number; signal?: AbortSignal } = {},
  ) {
    const random = seededRandom(options.seed ?? 1);
    this.stream = new FakeStream(this.clock, random, options.shards ?? 2);
    const signal = options.signal === undefined ? {} : { signal: options.signal };
    this.producer = new Producer({ transport: this.stream, clock: this.clock, random, ...signal, ...settings });
  }

  /** Puts a record; its outcome appears in {@link results} at the answered position. */
  put(
    partitionKey: string,
    data: string = partitionKey,
    options: { ttlMs?: number; signal?: AbortSignal } = {},
  ): number {
    const index = this.results.push(undefined) - 1;
    this.producer.put({ partitionKey, data }, options).then(
      (result) => (this.results[index] = result),
      (error: unknown) => (this.results[index] = error as ProducerError),
    );
    return index;
  }

  async run(ms: number): Promise<void> {
    await this.clock.advanceAsync(ms);
  }

  codes(): (string | undefined)[] {
    return this.results.map((result) => (result instanceof ProducerError ? result.code : result && "stored"));
  }

  delivered(): string[] {
    return this.stream.delivered().map(({ data }) => Buffer.from(data).toString());
  }
}
