import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ManualClock, seededRandom } from "@millrace/testkit";
import { expect, test } from "vitest";
import { producerWritable } from "./producer-writable.ts";
import type { ProducerRecord } from "./producer-record.ts";
import { Producer } from "./producer.ts";
import { FakeStream } from "./testing/fake-stream.ts";

function bench(bufferRecordsMax = 1_000): { clock: ManualClock; stream: FakeStream; producer: Producer } {
  const clock = new ManualClock();
  const random = seededRandom(1);
  const stream = new FakeStream(clock, random, 2);
  return { clock, stream, producer: new Producer({ transport: stream, clock, random, bufferRecordsMax }) };
}

function* records(count: number): Generator<ProducerRecord> {
  for (let index = 0; index < count; index += 1) yield { partitionKey: `k${index}`, data: String(index) };
}

/** Moves time until `done` settles. */
async function runUntil(clock: ManualClock, done: Promise<unknown>): Promise<void> {
  const state = { settled: false };
  const settle = (): void => void (state.settled = true);
  done.then(settle, settle);
  for (let round = 0; round < 1_000 && !state.settled; round += 1) await clock.advanceAsync(50);
}

test("a pipeline ends when everything is stored, and never fills the buffer", async () => {
  const { clock, stream, producer } = bench(100);
  let most = 0;
  const source = Readable.from(records(2_000)).on("data", () => {
    most = Math.max(most, producer.load.bufferedRecords);
  });
  const piped = pipeline(source, producerWritable(producer));
  await runUntil(clock, piped);
  await piped;
  expect(stream.delivered()).toHaveLength(2_000);
  expect(most).toBeLessThan(100);
  expect(producer.load.bufferedRecords).toBe(0);
});

test("the first record that fails ends the pipeline", async () => {
  const { clock, producer } = bench();
  const bad = { partitionKey: "", data: "x" };
  const piped = pipeline(Readable.from([...records(3), bad, ...records(3)]), producerWritable(producer));
  await runUntil(clock, piped);
  await expect(piped).rejects.toMatchObject({ code: "INVALID" });
});

test("or is handed over, and the pipeline goes on", async () => {
  const { clock, stream, producer } = bench();
  const bad = { partitionKey: "", data: "x" };
  const failures: [string, ProducerRecord][] = [];
  const onFailure = (error: { code: string }, record: ProducerRecord): void => void failures.push([error.code, record]);
  const piped = pipeline(Readable.from([...records(3), bad, ...records(3)]), producerWritable(producer, { onFailure }));
  await runUntil(clock, piped);
  await piped;
  expect(failures).toEqual([["INVALID", bad]]);
  expect(stream.delivered()).toHaveLength(6);
});
