/** What opening costs: a node with a thousand times the journal must not start a thousand times later. */
import { afterEach, expect, test } from "vitest";
import type { Disk } from "./disk/disk.ts";
import { nodeDisk } from "./disk/node-disk.ts";
import {
  openTestStore,
  recordsFrame,
  removeTestDirectories,
  submitted,
  testDirectory,
} from "./testing/store-fixture.ts";

afterEach(removeTestDirectories);

const SEGMENT_BYTES = 64 * 1024;
const HEADER_BYTES = 64;

/** The disk of this machine, which counts the bytes that are read. */
function countingDisk(): { readonly disk: Disk; readonly readBytes: () => number } {
  let readBytes = 0;
  const open: Disk["open"] = async (path, mode) => {
    const file = await nodeDisk.open(path, mode);
    return {
      write: (...given) => file.write(...given),
      sync: () => file.sync(),
      sizeBytes: () => file.sizeBytes(),
      truncate: (sizeBytes) => file.truncate(sizeBytes),
      close: () => file.close(),
      read: async (target, position) => {
        const count = await file.read(target, position);
        readBytes += count;
        return count;
      },
    };
  };
  return { disk: { ...nodeDisk, open }, readBytes: () => readBytes };
}

/** Bytes that opening a store reads whose journal has some `segmentCount` segments. */
async function bytesToOpen(segmentCount: number): Promise<number> {
  const directory = await testDirectory();
  const store = await openTestStore(directory, { segmentBytes: SEGMENT_BYTES });
  for (let made = 0; made < segmentCount; made += 1) {
    const text = Buffer.alloc(SEGMENT_BYTES, made);
    await submitted(store, [{ kind: "frame", frame: recordsFrame({ shardUid: 1, baseOffset: made * 3, text }) }]);
  }
  await store.close();
  const { disk, readBytes } = countingDisk();
  const again = await openTestStore(directory, { segmentBytes: SEGMENT_BYTES, disk });
  expect(again.stats().segmentCount).toBeGreaterThan(segmentCount);
  expect(again.recovered.get(1)?.logEnd).toBe(segmentCount * 3);
  return readBytes();
}

test("a store whose index is complete reads no more of each older segment than its header", async () => {
  const [few, many] = [await bytesToOpen(4), await bytesToOpen(64)];
  expect(few).toBeGreaterThan(SEGMENT_BYTES / 2);
  // A checkpoint, too, has some bytes for each segment, and is read more than once.
  expect(many - few).toBeLessThan(60 * 2 * HEADER_BYTES);
});
