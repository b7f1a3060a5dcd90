/** What the cache holds and serves; that it lets go of memory is measured on the process, not on its own count. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { frameEndOffset, type Frame } from "@millrace/model";
import { expect, test } from "vitest";
import { recordsFrame } from "../testing/store-fixture.ts";
import { TailCache } from "./tail-cache.ts";

const KIB = 1024;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes of buffers that the process cannot give back. The second collection waits for what the first one freed. */
function heldBytes(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

function frame(shardUid: number, index: number, sizeBytes = 100): Frame {
  return recordsFrame({ shardUid, baseOffset: index * 3, text: Buffer.alloc(sizeBytes) });
}

function offsets(frames: readonly Frame[] | undefined): number[] | undefined {
  return frames?.map(({ header }) => header.baseOffset);
}

test("frames that were evicted or cut are not kept in memory", () => {
  const sizeBytes = 64 * KIB;
  const cache = new TailCache(8 * sizeBytes);
  const before = heldBytes();
  // Fewer than it takes for the cache to tidy up its lists.
  for (let index = 0; index < 900; index += 1) {
    cache.add(frame(index % 3, Math.floor(index / 3), sizeBytes));
    cache.markDurable();
  }
  expect(heldBytes() - before).toBeLessThan(16 * sizeBytes);
  for (const shardUid of [0, 1, 2]) cache.cut(shardUid, 0);
  expect(heldBytes() - before).toBeLessThan(2 * sizeBytes);
  expect(cache.bytes).toBe(0);
});

test("what is not durable stays, over the limit too, and goes when it has become durable", () => {
  const cache = new TailCache(0);
  for (let index = 0; index < 4; index += 1) cache.add(frame(1, index));
  expect(offsets(cache.read(1, 0, KIB * KIB))).toEqual([0, 3, 6, 9]);
  cache.markDurable();
  cache.markDurable();
  expect(cache.read(1, 4, KIB)).toBeUndefined();
  expect(offsets(cache.read(1, 7, KIB))).toEqual([6, 9]);
  for (let rest = 0; rest < 2; rest += 1) cache.markDurable();
  expect([cache.read(1, 9, KIB), cache.bytes]).toEqual([undefined, 0]);
});

test("frames cut before they were durable leave the places of the others as they were", () => {
  const cache = new TailCache(KIB * KIB);
  const kept = frame(1, 0);
  cache.add(kept);
  cache.add(frame(1, 1));
  cache.cut(1, frameEndOffset(kept.header));
  cache.add(frame(1, 1, 200));
  expect(offsets(cache.read(1, 0, KIB))).toEqual([0, 3]);
  for (let all = 0; all < 3; all += 1) cache.markDurable();
  expect(cache.read(1, 3, KIB)?.[0]?.header.userBytes).toBe(200);
});

test("thousands of frames of many shards come and go, and each shard keeps its newest", () => {
  const one = frame(0, 0).bytes.length;
  const cache = new TailCache(6 * one);
  for (let index = 0; index < 6000; index += 1) {
    cache.add(frame(index % 3, Math.floor(index / 3)));
    cache.markDurable();
  }
  for (const shardUid of [0, 1, 2]) expect(offsets(cache.read(shardUid, 1998 * 3, KIB))).toEqual([5994, 5997]);
  expect(cache.read(0, 1997 * 3, KIB)).toBeUndefined();
  expect(cache.bytes).toBe(6 * one);
});
