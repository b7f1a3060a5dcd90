import type { PeerBatch } from "@millrace/rpc";
import { expect, test } from "vitest";
import { LANE_BYTES_MAX, LaneWriter } from "./lane-writer.ts";

/** Takes batches until told not to. */
class Sink {
  readonly batches: PeerBatch[] = [];
  open = true;
  #drain: (() => void) | undefined;

  write(batch: PeerBatch): boolean {
    this.batches.push(batch);
    return this.open;
  }
  on(_event: "drain", listener: () => void): void {
    this.#drain = listener;
  }
  drain(): void {
    this.open = true;
    this.#drain?.();
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const item = (epoch: number): { envelope: { epoch: number } } => ({ envelope: { epoch } });

test("what is pushed in one turn travels in one batch, split by size, in order", async () => {
  const sink = new Sink();
  const writer = new LaneWriter(() => undefined);
  writer.attach(sink);
  for (let epoch = 1; epoch <= 3; epoch += 1) writer.push(item(epoch), 100);
  await turn();
  expect(sink.batches.map(({ envelopes }) => envelopes?.length)).toEqual([3]);
  for (let epoch = 4; epoch <= 6; epoch += 1) writer.push(item(epoch), 300 * 1024);
  await turn();
  expect(sink.batches.flatMap(({ envelopes }) => envelopes?.map((one) => one.epoch))).toEqual([1, 2, 3, 4, 5, 6]);
  expect(sink.batches).toHaveLength(4);
  expect(writer.queuedBytes).toBe(0);
});

test("a full connection is waited for, and a full lane is given up", async () => {
  const sink = new Sink();
  let overflown = 0;
  const writer = new LaneWriter(() => (overflown += 1));
  writer.attach(sink);
  sink.open = false;
  writer.push(item(1), 10);
  await turn();
  writer.push(item(2), LANE_BYTES_MAX - 1);
  await turn();
  expect(sink.batches).toHaveLength(1);
  sink.drain();
  expect(sink.batches).toHaveLength(2);
  sink.open = false;
  writer.push(item(3), 10);
  await turn();
  writer.push(item(4), LANE_BYTES_MAX);
  writer.push(item(5), 1);
  expect(overflown).toBe(1);
  expect(writer.queuedBytes).toBe(0);
});
