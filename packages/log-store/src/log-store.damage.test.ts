import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { frameEndOffset, type Frame } from "@millrace/model";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { LogStore } from "./log-store-contract.ts";
import {
  openTestStore,
  recordsFrame,
  removeTestDirectories,
  submitted,
  testDirectory,
} from "./testing/store-fixture.ts";

let directory = "";
beforeEach(async () => {
  directory = await testDirectory();
});
afterEach(removeTestDirectories);

const frameCount = 6;
const shards = [1, 2] as const;

/** Six batches, each a frame of shard 1 or 2 in turn, and a state for each shard in the first. Answers a crash image. */
async function crashImage(options: { readonly segmentBytes?: number } = {}): Promise<string> {
  const store = await openTestStore(directory, { tailCacheBytes: 0, ...options });
  for (const shardUid of shards)
    await submitted(store, [{ kind: "state", shardUid, state: Buffer.from(`state of ${shardUid}`) }]);
  for (let number = 0; number < frameCount; number += 1) {
    const frame = recordsFrame({ shardUid: 1 + (number % 2), baseOffset: 3 * (number >> 1), text: `frame-${number}-` });
    await submitted(store, [{ kind: "frame", frame }]);
  }
  const image = await copyOf(directory);
  await store.close();
  return image;
}

async function copyOf(image: string): Promise<string> {
  const copy = await testDirectory();
  await cp(image, copy, { recursive: true });
  return copy;
}

async function segmentPaths(image: string): Promise<string[]> {
  const names = await readdir(join(image, "journal"));
  return names.sort().map((name) => join(image, "journal", name));
}

async function damage(path: string, change: (bytes: Buffer) => Buffer): Promise<void> {
  await writeFile(path, change(await readFile(path)));
}

/** How many frames of a shard can be read back, in order. */
async function readable(store: LogStore, shardUid: number): Promise<number> {
  let count = 0;
  for (let from = 0; ;) {
    const { frames } = await store.read(shardUid, from, 1_000_000);
    const last = frames.at(-1);
    if (last === undefined) return count;
    count += frames.length;
    from = frameEndOffset(last.header);
  }
}

function flip(position: number): (bytes: Buffer) => Buffer {
  return (bytes) => {
    const changed = Buffer.from(bytes);
    changed[position] = (changed[position] ?? 0) ^ 0x40;
    return changed;
  };
}

async function placeOf(path: string, text: string): Promise<number> {
  const position = (await readFile(path)).indexOf(text);
  expect(position).toBeGreaterThan(0);
  return position;
}

/** An open store whose frame 3, at offset 3 of shard 2, was damaged since it was written in `path`; and a sound copy of it. */
async function storeWithDamagedFrame(): Promise<{
  readonly store: LogStore;
  readonly path: string;
  readonly copy: Frame;
}> {
  await crashImage();
  const store = await openTestStore(directory, { tailCacheBytes: 0 });
  const [path = ""] = await segmentPaths(directory);
  const [sound] = (await store.read(2, 3, 0)).frames;
  if (sound === undefined) throw new Error("the frame is there");
  const copy = { header: sound.header, bytes: Buffer.from(sound.bytes) };
  await damage(path, flip(await placeOf(path, "frame-3-")));
  return { store, path, copy };
}

test("a tail cut at any byte loses nothing but the batch it hits, and nothing is called damaged", async () => {
  const image = await crashImage();
  const [path = ""] = await segmentPaths(image);
  const whole = await readFile(path);
  const lastFrame = await placeOf(path, "frame-5-");
  // From inside the last batch's header (64 + 64 bytes before the text) to inside its body.
  for (let size = lastFrame - 127; size < lastFrame + 8; size += 9) {
    const copy = await copyOf(image);
    await writeFile(path.replace(image, copy), whole.subarray(0, size));
    const store = await openTestStore(copy, { tailCacheBytes: 0 });
    expect([...store.recovered.values()].map(({ logEnd, damaged }) => [logEnd, damaged])).toEqual([
      [9, false],
      [6, false],
    ]);
    expect([await readable(store, 1), await readable(store, 2)]).toEqual([3, 2]);
    const next = recordsFrame({ shardUid: 2, baseOffset: 6, text: "instead" });
    await submitted(store, [{ kind: "frame", frame: next }]);
    await store.close();
    const again = await openTestStore(copy, { tailCacheBytes: 0 });
    expect((await again.read(2, 6, 100)).frames.map(({ bytes }) => bytes.equals(next.bytes))).toEqual([true]);
    await again.close();
  }
}, 60_000);

test("a flipped bit in the last batch of a crash is a torn tail", async () => {
  const image = await crashImage();
  const [path = ""] = await segmentPaths(image);
  await damage(path, flip(await placeOf(path, "frame-5-")));
  const store = await openTestStore(image);
  expect(store.recovered.get(2)).toMatchObject({ logEnd: 6, damaged: false });
});

test("a flipped bit in the last batch of a store closed in order is damage", async () => {
  await crashImage();
  const [path = ""] = await segmentPaths(directory);
  await damage(path, flip(await placeOf(path, "frame-5-")));
  await rm(join(directory, "index"), { recursive: true });
  const store = await openTestStore(directory);
  expect(store.recovered.get(2)).toMatchObject({ damaged: true });
  expect(store.recovered.get(1)).toMatchObject({ logEnd: 9, damaged: false });
});

test("a flipped bit in a frame body before intact batches damages that shard alone, for every later start", async () => {
  const image = await crashImage();
  const [path = ""] = await segmentPaths(image);
  await damage(path, flip(await placeOf(path, "frame-3-")));
  for (let start = 0; start < 3; start += 1) {
    const store = await openTestStore(image, { tailCacheBytes: 0 });
    expect(store.recovered.get(1)).toMatchObject({ logEnd: 9, damaged: false });
    expect(store.recovered.get(2)).toMatchObject({ logEnd: 9, damaged: true });
    await expect(store.read(2, 3, 100)).rejects.toMatchObject({ code: "DAMAGED", ids: { shard: 2, offset: 3 } });
    expect(await store.verify(2)).toEqual([3]);
    expect(await store.verify(1)).toEqual([]);
    expect((await store.read(2, 6, 100)).frames).toHaveLength(1);
    await store.close();
  }
});

test("a bit that flips under an open store is found by the read and by verify, not handed out", async () => {
  await crashImage();
  const store = await openTestStore(directory, { tailCacheBytes: 0 });
  const [path = ""] = await segmentPaths(directory);
  await damage(path, flip(await placeOf(path, "frame-3-")));
  expect((await store.read(2, 0, 1000)).frames).toHaveLength(1);
  await expect(store.read(2, 3, 1000)).rejects.toMatchObject({ code: "DAMAGED", ids: { shard: 2, offset: 3 } });
  expect((await store.read(2, 6, 1000)).frames).toHaveLength(1);
  expect([await store.verify(1), await store.verify(2)]).toEqual([[], [3]]);
});

test("a damaged frame is replaced by a sound copy of it, and only where the log has one", async () => {
  const { store, copy } = await storeWithDamagedFrame();
  expect(await store.verify(2)).toEqual([3]);
  expect(await store.repair({ ...copy, header: { ...copy.header, baseOffset: 1_000_000 } })).toBe(false);
  expect(await store.repair({ ...copy, header: { ...copy.header, shardUid: 77 } })).toBe(false);
  expect(await store.repair(copy)).toBe(true);
  expect(await store.verify(2)).toEqual([]);
  expect((await store.read(2, 3, 0)).frames[0]?.bytes.equals(copy.bytes)).toBe(true);
});

test("a repaired frame stays repaired, also when the segment of its damaged self is read again", async () => {
  const { store, copy } = await storeWithDamagedFrame();
  await store.repair(copy);
  await store.close();
  for (const withIndex of [true, false, false]) {
    if (!withIndex) await rm(join(directory, "index"), { recursive: true });
    const again = await openTestStore(directory, { tailCacheBytes: 0 });
    expect(again.recovered.get(2)).toMatchObject({ logEnd: 9, damaged: false });
    expect((await again.read(2, 3, 0)).frames[0]?.bytes.equals(copy.bytes)).toBe(true);
    expect(await again.verify(2)).toEqual([]);
    await again.close();
  }
});

test("a repair of one frame does not hide another that is damaged", async () => {
  const { store, path, copy } = await storeWithDamagedFrame();
  await damage(path, flip(await placeOf(path, "frame-1-")));
  await store.repair(copy);
  await store.close();
  await rm(join(directory, "index"), { recursive: true });
  const again = await openTestStore(directory, { tailCacheBytes: 0 });
  expect(again.recovered.get(2)).toMatchObject({ logEnd: 9, damaged: true });
  expect(await again.verify(2)).toEqual([0]);
});

test("a repaired shard is intact again after a cut at or below the damage", async () => {
  const image = await crashImage();
  const [path = ""] = await segmentPaths(image);
  await damage(path, flip(await placeOf(path, "frame-3-")));
  const store = await openTestStore(image);
  await submitted(store, [
    { kind: "truncate", shardUid: 2, logEnd: 3, resetTo: -1 },
    { kind: "frame", frame: recordsFrame({ shardUid: 2, baseOffset: 3, text: "copied from a peer" }) },
  ]);
  await store.close();
  const again = await openTestStore(image);
  expect(again.recovered.get(2)).toMatchObject({ logEnd: 6, damaged: false });
  expect(await readable(again, 2)).toBe(2);
});

test("a flipped bit in any header before intact batches never shortens a log silently", async () => {
  const image = await crashImage();
  const [path = ""] = await segmentPaths(image);
  const whole = await readFile(path);
  const frameHeader = (await placeOf(path, "frame-3-")) - 64;
  for (const offset of [0, 5, 8, 9, 17, 40, 63, -64, -60, -48, -30, -1]) {
    await writeFile(path, flip(frameHeader + offset)(whole));
    const copy = await copyOf(image);
    await rm(join(copy, "index"), { recursive: true });
    const store = await openTestStore(copy);
    expect(store.recovered.get(2)).toMatchObject({ logEnd: 9, damaged: true });
    expect(await readable(store, 1)).toBe(3);
    await store.close();
  }
});

test("a missing segment damages whoever had frames in it", async () => {
  const image = await crashImage({ segmentBytes: 700 });
  const paths = await segmentPaths(image);
  expect(paths.length).toBeGreaterThan(2);
  for (const path of paths.slice(0, -1)) {
    const copy = await copyOf(image);
    await rm(path.replace(image, copy));
    await rm(join(copy, "index"), { recursive: true });
    const store = await openTestStore(copy);
    expect([...store.recovered.values()].some(({ damaged }) => damaged)).toBe(true);
    await store.close();
  }
});

test("a missing newest segment damages everybody: the index remembers that there was one", async () => {
  await crashImage({ segmentBytes: 700 });
  await rm((await segmentPaths(directory)).at(-1) ?? "");
  const store = await openTestStore(directory);
  expect([...store.recovered.values()].map(({ damaged }) => damaged)).toEqual([true, true]);
});

test("refuses the journal of another node and a lost identity", async () => {
  const image = await crashImage();
  await rm(join(image, "identity.json"));
  await expect(openTestStore(image)).rejects.toMatchObject({ code: "DAMAGED" });
  const other = await testDirectory();
  await (await openTestStore(other)).close();
  await cp(join(other, "identity.json"), join(image, "identity.json"));
  await expect(openTestStore(image)).rejects.toMatchObject({ code: "DAMAGED" });
});
