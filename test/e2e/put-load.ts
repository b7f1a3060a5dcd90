/** Records put without pause through a producer, and what their promises said. */
import { setImmediate as turn } from "node:timers/promises";
import type { Producer, ProducerError, PutResult } from "@millrace/producer";
import { expect } from "vitest";
import type { FoundStream } from "./stream-reader.ts";

const KEYS = 20;
const PUTS_PER_TURN = 20;

/** Puts `key-0 … key-19` in turns, with the number of the put as data, until {@link stop}. */
export class PutLoad {
  readonly stored: Map<number, PutResult> = new Map();
  readonly failed: Map<number, ProducerError> = new Map();
  readonly #producer: Producer;
  readonly #running: Promise<void>;
  #stopped = false;
  #count = 0;

  constructor(producer: Producer) {
    this.#producer = producer;
    this.#running = this.#run();
  }

  /** Resolves when a record that was put after this call is stored. */
  async goesOn(): Promise<void> {
    const before = this.#count;
    await expect.poll(() => Math.max(0, ...this.stored.keys()), { timeout: 60_000 }).toBeGreaterThan(before);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    await this.#producer.close();
  }

  /** Everything was stored, is there once, and is where its promise said. */
  expectExactly({ records }: FoundStream): void {
    expect([...this.failed.values()].map(({ message }) => message)).toEqual([]);
    const places = records.map(({ data, shardId, sequenceNumber, subSequenceNumber }) => [
      Number(data),
      `${shardId} ${sequenceNumber} ${subSequenceNumber}`,
    ]);
    const told = [...this.stored].map(([number, { shardId, sequenceNumber, subSequenceNumber = 0 }]) => [
      number,
      `${shardId} ${sequenceNumber} ${subSequenceNumber}`,
    ]);
    const byNumber = (a: (string | number)[], b: (string | number)[]): number => Number(a[0]) - Number(b[0]);
    expect(places.length).toBe(this.#count);
    expect(places.toSorted(byNumber)).toEqual(told.toSorted(byNumber));
  }

  /** The records of each key stand in the order of their puts, also across shards. */
  expectOrder({ records }: FoundStream): void {
    const last = new Map<string, number>();
    const inOrder = records.toSorted((a, b) => {
      if (a.sequenceNumber === b.sequenceNumber) return a.subSequenceNumber - b.subSequenceNumber;
      return BigInt(a.sequenceNumber) < BigInt(b.sequenceNumber) ? -1 : 1;
    });
    const wrong = inOrder.filter(({ partitionKey, data }) => {
      const before = last.get(partitionKey) ?? 0;
      last.set(partitionKey, Number(data));
      return Number(data) < before;
    });
    expect(wrong).toEqual([]);
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      for (let each = 0; each < PUTS_PER_TURN; each += 1) {
        const number = (this.#count += 1);
        this.#producer.put({ partitionKey: `key-${number % KEYS}`, data: String(number) }).then(
          (result) => this.stored.set(number, result),
          (error: unknown) => this.failed.set(number, error as ProducerError),
        );
      }
      await this.#producer.ready();
      await turn();
    }
  }
}
