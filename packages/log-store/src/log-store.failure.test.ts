import { afterEach, expect, test, vi } from "vitest";
import type { Disk, DiskFile } from "./disk/disk.ts";
import { nodeDisk } from "./disk/node-disk.ts";
import {
  openTestStore,
  recordsFrame,
  removeTestDirectories,
  submitted,
  testDirectory,
} from "./testing/store-fixture.ts";

afterEach(removeTestDirectories);

/** The machine's disk, whose journal syncs or writes fail once `faults` says so, and which has `freeBytes`. */
function faultyDisk(faults: { sync: boolean; write: boolean; freeBytes: number; syncs: number }): Disk {
  const wrap = (file: DiskFile): DiskFile => ({
    read: (target, position) => file.read(target, position),
    sizeBytes: () => file.sizeBytes(),
    truncate: (sizeBytes) => file.truncate(sizeBytes),
    close: () => file.close(),
    write: (buffers, position) =>
      faults.write ? Promise.reject(new Error("no space left on device")) : file.write(buffers, position),
    sync: () => {
      faults.syncs += 1;
      return faults.sync ? Promise.reject(new Error("input/output error")) : file.sync();
    },
  });
  return {
    ...nodeDisk,
    open: async (path, mode) => wrap(await nodeDisk.open(path, mode)),
    freeBytes: () => Promise.resolve(faults.freeBytes),
  };
}

test.each(["sync", "write"] as const)(
  "a failed %s is fatal once, completes nothing and is never retried",
  async (what) => {
    const faults = { sync: false, write: false, freeBytes: 1e9, syncs: 0 };
    const fatal = vi.fn<(error: Error) => void>();
    const store = await openTestStore(await testDirectory(), { disk: faultyDisk(faults), onFatal: fatal });
    await submitted(store, [{ kind: "frame", frame: recordsFrame({ shardUid: 1, baseOffset: 0, text: "kept" }) }]);
    faults[what] = true;
    faults.syncs = 0;
    const done = vi.fn<() => void>();
    store.submit([{ kind: "frame", frame: recordsFrame({ shardUid: 1, baseOffset: 3, text: "lost" }) }], done);
    await vi.waitFor(() => expect(fatal).toHaveBeenCalledOnce());
    faults[what] = false;
    store.submit([{ kind: "frame", frame: recordsFrame({ shardUid: 1, baseOffset: 6, text: "after" }) }], done);
    store.trim(1, 1);
    await store.close();
    expect(done).not.toHaveBeenCalled();
    expect(fatal).toHaveBeenCalledOnce();
    expect(faults.syncs).toBe(what === "sync" ? 1 : 0);
  },
);

test("below the disk floor it says so, still takes entries, and recovers by itself with some distance", async () => {
  const faults = { sync: false, write: false, freeBytes: 5000, syncs: 0 };
  const directory = await testDirectory();
  const store = await openTestStore(directory, { disk: faultyDisk(faults), diskFloorBytes: 10_000 });
  expect([store.belowDiskFloor, store.diskExhausted]).toEqual([true, false]);
  faults.freeBytes = 2000;
  await vi.waitFor(() => expect(store.diskExhausted).toBe(true), 3000);
  await submitted(store, [{ kind: "state", shardUid: 1, state: Buffer.from("promise") }]);
  faults.freeBytes = 10_500;
  await vi.waitFor(() => expect(store.stats().diskFreeBytes).toBe(10_500), 3000);
  expect([store.belowDiskFloor, store.diskExhausted]).toEqual([true, false]);
  faults.freeBytes = 20_000;
  await vi.waitFor(() => expect(store.belowDiskFloor).toBe(false), 3000);
});

test("a store with hardly any space is not opened, and nothing of it is touched", async () => {
  const faults = { sync: false, write: false, freeBytes: 600, syncs: 0 };
  const directory = await testDirectory();
  const options = { disk: faultyDisk(faults), diskFloorBytes: 10_000 };
  await expect(openTestStore(directory, options)).rejects.toMatchObject({ code: "DISK_FULL" });
  expect(await nodeDisk.list(directory)).toEqual(["journal"]);
  faults.freeBytes = 700;
  expect((await openTestStore(directory, options)).boot).toBe(1);
});

test("completes in order, gathers what waits into one sync and asks the host before each batch", async () => {
  const store = await openTestStore(await testDirectory());
  const order: number[] = [];
  const batches: number[] = [];
  store.onSync = ({ entryCount }) => batches.push(entryCount);
  const fromHost: (() => void)[] = [];
  store.onBeforeBatch = () => fromHost.splice(0).forEach((submit) => submit());
  const submit = (number: number, done: () => void): void =>
    store.submit([{ kind: "frame", frame: recordsFrame({ shardUid: 1, baseOffset: 3 * number, text: "x" }) }], () => {
      order.push(number);
      done();
    });
  expect(store.idle).toBe(true);
  await new Promise<void>((resolve) => {
    submit(0, () => undefined);
    submit(1, () => submit(2, () => undefined));
    fromHost.push(() => submit(3, resolve));
  });
  expect(order).toEqual([0, 1, 2, 3]);
  expect(batches).toEqual([2, 2]);
});
