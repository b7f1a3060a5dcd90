/** Puts numbered records of several keys without pause, in order per key, and knows what was acknowledged. */
import { setTimeout as delay } from "node:timers/promises";
import { PutRecordsCommand, type KinesisClient } from "@aws-sdk/client-kinesis";

const PAUSE_MS = 100;

/** A writer that runs from its making until `stop`. */
export class SteadyWriter {
  /** What was acknowledged, by key, in order. */
  readonly written = new Map<string, string[]>();
  readonly #client: KinesisClient;
  readonly #stream: string;
  readonly #running: Promise<void>;
  #stopped = false;

  constructor(client: KinesisClient, stream: string, keys: readonly string[]) {
    this.#client = client;
    this.#stream = stream;
    for (const key of keys) this.written.set(key, []);
    this.#running = this.#run();
  }

  /** Ends the writing; throws what went wrong with it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let round = 0; !this.#stopped; round += 1) {
      let keys = [...this.written.keys()];
      while (keys.length > 0) keys = await this.#put(keys, round);
      await delay(PAUSE_MS);
    }
  }

  /** Puts one record for each key and answers the keys whose record was refused. */
  async #put(keys: readonly string[], round: number): Promise<string[]> {
    const records = keys.map((key) => ({ key, text: `${key}:${round}` }));
    const put = await this.#client.send(
      new PutRecordsCommand({
        StreamName: this.#stream,
        Records: records.map(({ key, text }) => ({ PartitionKey: key, Data: Buffer.from(text) })),
      }),
    );
    return records
      .filter(({ key, text }, index) => {
        if (put.Records?.[index]?.SequenceNumber === undefined) return true;
        this.written.get(key)?.push(text);
        return false;
      })
      .map(({ key }) => key);
  }
}
