/** Much more than fits goes through a slow service: what the process holds is measured, not what the producer says it holds. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { ProducerRecord } from "./producer-record.ts";
import { producerWritable } from "./producer-writable.ts";
import { Producer } from "./producer.ts";
import type { PutTransport } from "./transport/put-transport.ts";

const MIB = 1024 * 1024;
const BUFFER_BYTES = 2 * MIB;
const RECORD_BYTES = 1024;
const RECORDS = 60_000;
const RECORDS_BETWEEN_LOOKS = 5_000;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes that the process cannot give back. */
function heldBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Answers after `delayMs`, keeps nothing. */
function slowService(delayMs: number): PutTransport {
  const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));
  return {
    async putRecords(entries) {
      await wait();
      return entries.map((_, index) => ({ shardId: "s", sequenceNumber: String(index) }));
    },
    listShards: () =>
      Promise.resolve([{ shardId: "s", startingHashKey: "0", endingHashKey: String((1n << 128n) - 1n), open: true }]),
  };
}

/** Puts everything in one of the ways, and answers the most that was held meanwhile beyond what was held before. */
async function mostHeld(
  aggregation: boolean,
  feed: (producer: Producer, records: () => Generator<ProducerRecord>) => Promise<void>,
): Promise<number> {
  const producer = new Producer({
    transport: slowService(5),
    bufferBytesMax: BUFFER_BYTES,
    requestsInFlightMax: 2,
    ttlMs: 600_000,
    lingerMs: 1,
    aggregation,
  });
  const before = heldBytes();
  let most = 0;
  await feed(producer, function* () {
    for (let index = 0; index < RECORDS; index += 1) {
      if (index % RECORDS_BETWEEN_LOOKS === 0) most = Math.max(most, heldBytes() - before);
      yield { partitionKey: String(index), data: Buffer.alloc(RECORD_BYTES, "x") };
    }
  });
  await producer.close();
  expect(producer.counts.storedRecords).toBe(RECORDS);
  return most;
}

test.each([false, true])("aggregation %s: memory stays flat in a loop that waits when told to", async (aggregation) => {
  const most = await mostHeld(aggregation, async (producer, records) => {
    let failure: unknown;
    for (const record of records()) {
      producer.put(record).catch((error: unknown) => (failure = error));
      if (!producer.hasRoom) await producer.ready();
    }
    await producer.flush();
    expect(failure).toBeUndefined();
  });
  // The buffer, the objects around what is in it, and two requests; sixty times as much goes through.
  expect(most).toBeLessThan(5 * BUFFER_BYTES);
});

test("and in a pipeline, whose source is held back", async () => {
  const most = await mostHeld(false, (producer, records) =>
    pipeline(Readable.from(records(), { highWaterMark: 16 }), producerWritable(producer)),
  );
  expect(most).toBeLessThan(5 * BUFFER_BYTES);
});
