import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { BLOCK_BYTES } from "./aligned-slots.ts";
import { nodeDisk } from "./node-disk.ts";

// Beside the source, which lies on a real disk: temporary directories are often in memory.
const directory = await mkdtemp(join(import.meta.dirname, ".direct-file-"));
afterAll(() => rm(directory, { recursive: true }));

const writes = fc.array(
  fc.record({ pieces: fc.array(fc.integer({ min: 0, max: 1_300_000 }), { maxLength: 3 }), bulk: fc.boolean() }),
  { minLength: 1, maxLength: 8 },
);

test("bytes written past the cache and through it, in any order of sizes, are read back the same, and zeros follow", async () => {
  let name = 0;
  await fc.assert(
    fc.asyncProperty(writes, async (steps) => {
      const path = join(directory, String((name += 1)));
      const file = await nodeDisk.open(path, "create");
      let expected = Buffer.alloc(0);
      for (const { pieces, bulk } of steps) {
        const buffers = pieces.map((size) => randomBytes(size));
        await file.write(buffers, expected.length, bulk);
        await file.sync();
        expected = Buffer.concat([expected, ...buffers]);
        const half = expected.subarray(Math.floor(expected.length / 3));
        const target = Buffer.alloc(half.length);
        expect(await file.read(target, expected.length - half.length)).toBe(half.length);
        expect(target.equals(half)).toBe(true);
      }
      await file.close();
      const whole = await readFile(path);
      expect(whole.subarray(0, expected.length).equals(expected)).toBe(true);
      expect(whole.length - expected.length).toBeLessThan(BLOCK_BYTES);
      expect(whole.subarray(expected.length).every((byte) => byte === 0)).toBe(true);
      await rm(path);
    }),
    { numRuns: 40 },
  );
});

test("a read ends where the file does", async () => {
  const path = join(directory, "short");
  const file = await nodeDisk.open(path, "create");
  await file.write([Buffer.alloc(100_000, 7)], 0);
  expect(await file.read(Buffer.alloc(200_000), 4_000)).toBe(96_000);
  expect(await file.read(Buffer.alloc(200_000), 300_000)).toBe(0);
  await file.close();
});
