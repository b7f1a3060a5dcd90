import { rm } from "node:fs/promises";
import { frameEndOffset } from "@millrace/model";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
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

const small = { segmentBytes: 4000, tailCacheBytes: 0 };

/** Frames of 200 bytes and 3 records each at the end of the shard's log, one batch each. */
async function append(
  store: LogStore,
  shardUid: number,
  range: { readonly from: number; readonly to: number },
): Promise<void> {
  for (let number = range.from; number < range.to; number += 1) {
    const text = `${shardUid}:${number}:`.padEnd(136, "x");
    await submitted(store, [{ kind: "frame", frame: recordsFrame({ shardUid, baseOffset: 3 * number, text }) }]);
  }
}

async function texts(store: LogStore, shardUid: number, from: number): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    const { frames } = await store.read(shardUid, from, 1000);
    const last = frames.at(-1);
    if (last === undefined) return found;
    found.push(...frames.map(({ bytes }) => bytes.toString("latin1", 64).split("x")[0] ?? ""));
    from = frameEndOffset(last.header);
  }
}

test("segments whose frames are all below the trim points go, also when the rest of the log stays", async () => {
  const store = await openTestStore(directory, small);
  await append(store, 1, { from: 0, to: 100 });
  const before = store.stats();
  store.trim(1, 3 * 95);
  await vi.waitFor(() => expect(store.stats().segmentCount).toBeLessThanOrEqual(3), 5000);
  expect(store.stats().storeBytes).toBeLessThan(before.storeBytes / 2);
  expect(await texts(store, 1, 0)).toEqual(["1:95:", "1:96:", "1:97:", "1:98:", "1:99:"]);
  await store.close();
  const again = await openTestStore(directory, small);
  expect(again.recovered.get(1)).toMatchObject({ logEnd: 300, damaged: false });
  expect(await texts(again, 1, 0)).toHaveLength(5);
});

test("what little lives in a mostly dead segment is copied forward and stays in its place in the log", async () => {
  let store = await openTestStore(directory, small);
  await append(store, 2, { from: 0, to: 2 });
  await submitted(store, [{ kind: "state", shardUid: 2, state: Buffer.from("old but alive") }]);
  await append(store, 1, { from: 0, to: 100 });
  await append(store, 2, { from: 2, to: 4 });
  store.trim(1, 300);
  await vi.waitFor(() => expect(store.stats().segmentCount).toBeLessThanOrEqual(3), 5000);
  const expected = ["2:0:", "2:1:", "2:2:", "2:3:"];
  expect(await texts(store, 2, 0)).toEqual(expected);
  for (const lose of ["nothing", "index"]) {
    await store.close();
    if (lose === "index") await removeIndex();
    store = await openTestStore(directory, small);
    expect(await texts(store, 2, 0)).toEqual(expected);
    expect(await texts(store, 1, 0)).toEqual([]);
    expect(store.recovered.get(1)).toMatchObject({ logEnd: 300, damaged: false });
    expect(store.recovered.get(2)).toMatchObject({ logEnd: 12, damaged: false });
    expect(Buffer.from(store.recovered.get(2)?.state ?? []).toString()).toBe("old but alive");
  }
});

test.each(["drop", "reset", "cut"] as const)("a %s frees the segments of what was cut off", async (how) => {
  const store = await openTestStore(directory, small);
  await append(store, 1, { from: 0, to: 100 });
  if (how === "drop") await submitted(store, [{ kind: "drop", shardUid: 1 }]);
  else
    await submitted(store, [
      { kind: "truncate", shardUid: 1, logEnd: how === "cut" ? 3 : 0, resetTo: how === "cut" ? -1 : 900 },
    ]);
  await vi.waitFor(() => expect(store.stats().segmentCount).toBeLessThanOrEqual(3), 5000);
  expect(await texts(store, 1, 0)).toEqual(how === "cut" ? ["1:0:"] : []);
});

async function removeIndex(): Promise<void> {
  await rm(`${directory}/index`, { recursive: true });
}
