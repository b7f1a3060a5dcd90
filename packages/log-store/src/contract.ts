/** What every {@link LogStore} must do. Imported by tests only: call it once for each implementation. */
import { frameEndOffset, frameKind, type Frame } from "@millrace/model";
import { expect, test } from "vitest";
import type { LogEntry, LogStore } from "./log-store-contract.ts";
import { recordsFrame } from "./testing/store-fixture.ts";

/** One place on a disk: each `open` closes the store opened before and opens what it left. */
export interface ContractPlace {
  open(): Promise<LogStore>;
}

/** Declares the tests. `newPlace` makes an empty place. */
export function logStoreContract(newPlace: () => Promise<ContractPlace>): void {
  test("a submitted frame is readable before and after it is durable, and after reopening", async () => {
    const place = await newPlace();
    const store = await place.open();
    const [frame] = log(7, 1);
    const durable = submit(store, [frame, state(7, "s1")]);
    expect(await offsets(store, 7, 0)).toEqual([0]);
    await durable;
    expect(await offsets(store, 7, 0)).toEqual([0]);
    const again = await place.open();
    expect(again.nodeId).toBe(store.nodeId);
    expect(again.boot).toBe(store.boot + 1);
    expect(again.recovered.get(7)).toMatchObject({ logEnd: 3, lastFrameEpoch: 1, lastArrivalMs: 1000, damaged: false });
    expect(stateOf(again, 7)).toBe("s1");
    const [read] = (await again.read(7, 0, 1000)).frames;
    expect(frame?.kind === "frame" && read?.bytes.equals(frame.frame.bytes)).toBe(true);
  });

  test("a read begins with the frame that holds the offset, keeps to the limit but gives at least one", async () => {
    const place = await newPlace();
    const store = await place.open();
    await submit(store, log(1, 4));
    for (let start = 0; start < 2; start += 1) {
      const each = start === 0 ? store : await place.open();
      const sizeBytes = (await each.read(1, 0, 1)).frames[0]?.bytes.length ?? 0;
      expect(await offsets(each, 1, 4, 1)).toEqual([3]);
      expect(await offsets(each, 1, 4, 2 * sizeBytes)).toEqual([3, 6]);
      expect(await offsets(each, 1, 0, 100 * sizeBytes)).toEqual([0, 3, 6, 9]);
      expect(await offsets(each, 1, 12)).toEqual([]);
      expect(await offsets(each, 2, 0)).toEqual([]);
    }
  });

  test("the newest state of a shard wins, also of one without frames", async () => {
    const place = await newPlace();
    const store = await place.open();
    void submit(store, [state(1, "old"), state(1, "new")]);
    await submit(store, [state(2, "only")]);
    const again = await place.open();
    expect([stateOf(again, 1), stateOf(again, 2)]).toEqual(["new", "only"]);
    expect(again.recovered.get(2)).toMatchObject({ logEnd: 0, lastFrameEpoch: 0, damaged: false });
  });

  test("a truncation is true at once and for ever, and frames appended after it win", async () => {
    const place = await newPlace();
    const store = await place.open();
    await submit(store, log(1, 4));
    const replaced = recordsFrame({ shardUid: 1, baseOffset: 6, recordCount: 5, text: "instead", epoch: 2 });
    const durable = submit(store, [{ kind: "truncate", shardUid: 1, logEnd: 6, resetTo: -1 }, entry(replaced)]);
    expect(await offsets(store, 1, 0)).toEqual([0, 3, 6]);
    await durable;
    for (let start = 0; start < 2; start += 1) {
      const each = await place.open();
      expect(await offsets(each, 1, 0)).toEqual([0, 3, 6]);
      expect((await each.read(1, 6, 1)).frames[0]?.bytes.equals(replaced.bytes)).toBe(true);
      expect(each.recovered.get(1)).toMatchObject({ logEnd: 11, lastFrameEpoch: 2, damaged: false });
    }
  });

  test("after a truncation the last frame is the one before it", async () => {
    const place = await newPlace();
    const store = await place.open();
    const [first, second] = [
      recordsFrame({ shardUid: 1, baseOffset: 0, text: "a", epoch: 3, arrivalMs: 500 }),
      recordsFrame({ shardUid: 1, baseOffset: 3, recordCount: 1, text: "b", epoch: 4, kind: frameKind.close }),
    ];
    await submit(store, [entry(first), entry(second)]);
    expect((await place.open()).recovered.get(1)).toMatchObject({ lastFrameKind: frameKind.close, lastFrameEpoch: 4 });
    await submit(await place.open(), [{ kind: "truncate", shardUid: 1, logEnd: 3, resetTo: -1 }]);
    const expected = { logEnd: 3, lastFrameKind: frameKind.records, lastFrameEpoch: 3, lastArrivalMs: 500 };
    expect((await place.open()).recovered.get(1)).toMatchObject(expected);
  });

  test("a reset empties the log and lets it continue at another offset, keeping the state", async () => {
    const place = await newPlace();
    const store = await place.open();
    await submit(store, [...log(1, 4), state(1, "kept")]);
    const next = recordsFrame({ shardUid: 1, baseOffset: 50, text: "later" });
    await submit(store, [{ kind: "truncate", shardUid: 1, logEnd: 0, resetTo: 50 }, entry(next)]);
    const again = await place.open();
    expect(await offsets(again, 1, 0)).toEqual([50]);
    expect(again.recovered.get(1)).toMatchObject({ logEnd: 53, damaged: false });
    expect(stateOf(again, 1)).toBe("kept");
  });

  test("a dropped replica is unknown after reopening and may come back empty", async () => {
    const place = await newPlace();
    const store = await place.open();
    await submit(store, [...log(1, 4), state(1, "gone"), ...log(2, 1)]);
    await submit(store, [{ kind: "drop", shardUid: 1 }]);
    expect(await offsets(store, 1, 0)).toEqual([]);
    const again = await place.open();
    expect([...again.recovered.keys()]).toEqual([2]);
    await submit(again, log(1, 1));
    const third = await place.open();
    expect(await offsets(third, 1, 0)).toEqual([0]);
    expect(third.recovered.get(1)?.state).toBeUndefined();
  });

  test("trimmed records are gone, whole frames only, and the end stays known when nothing is left", async () => {
    const place = await newPlace();
    const store = await place.open();
    await submit(store, [...log(1, 4), ...log(2, 2)]);
    store.trim(1, 4);
    store.trim(2, 6);
    expect(await offsets(store, 1, 0)).toEqual([3, 6, 9]);
    expect(await store.locateTime(1, 0)).toBe(4);
    await submit(store, [state(1, "after the trim")]);
    const again = await place.open();
    expect(await offsets(again, 2, 0)).toEqual([]);
    expect(again.recovered.get(2)).toMatchObject({ logEnd: 6, lastFrameEpoch: 1, damaged: false });
  });

  test("a time is found at the first frame that arrived then or later", async () => {
    const place = await newPlace();
    const store = await place.open();
    await submit(store, log(1, 50));
    for (let start = 0; start < 2; start += 1) {
      const each = start === 0 ? store : await place.open();
      expect(await each.locateTime(1, 0)).toBe(0);
      expect(await each.locateTime(1, 1000 + 3 * 20)).toBe(60);
      expect(await each.locateTime(1, 1000 + 3 * 20 + 1)).toBe(63);
      expect(await each.locateTime(1, 999_999)).toBe(150);
    }
  });

  test("closing waits for what was submitted, and may be repeated", async () => {
    const place = await newPlace();
    const store = await place.open();
    let isDurable = false;
    store.submit(log(1, 2), () => (isDurable = true));
    await Promise.all([store.close(), store.close()]);
    expect(isDurable).toBe(true);
    await expect(store.read(1, 0, 1)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
}

function entry(frame: Frame): LogEntry {
  return { kind: "frame", frame };
}

/** The first `count` frames of a shard, three records each, one a time unit a record. */
function log(shardUid: number, count: number): LogEntry[] {
  return Array.from({ length: count }, (_, number) =>
    entry(recordsFrame({ shardUid, baseOffset: 3 * number, text: `frame ${number}` })),
  );
}

function state(shardUid: number, text: string): LogEntry {
  return { kind: "state", shardUid, state: Buffer.from(text) };
}

function stateOf(store: LogStore, shardUid: number): string {
  return Buffer.from(store.recovered.get(shardUid)?.state ?? []).toString();
}

function submit(store: LogStore, entries: readonly (LogEntry | undefined)[]): Promise<void> {
  return new Promise((resolve) =>
    store.submit(
      entries.filter((each) => each !== undefined),
      resolve,
    ),
  );
}

async function offsets(store: LogStore, shardUid: number, from: number, limitBytes = 1_000_000): Promise<number[]> {
  const { frames } = await store.read(shardUid, from, limitBytes);
  for (const [index, frame] of frames.entries()) {
    const next = frames[index + 1];
    if (next !== undefined) expect(next.header.baseOffset).toBe(frameEndOffset(frame.header));
  }
  return frames.map((frame) => frame.header.baseOffset);
}
