import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameWindow } from "./frame-window.ts";

test("takes a frame of any size when empty and no more than its bytes otherwise", () => {
  const window = new FrameWindow();
  expect(window.fits(100 * 1024 * 1024)).toBe(true);
  window.push(1, 3 * 1024 * 1024);
  expect(window.fits(1024 * 1024)).toBe(true);
  expect(window.fits(1024 * 1024 + 1)).toBe(false);
});

test("takes a bounded number of small frames", () => {
  const window = new FrameWindow();
  let count = 0;
  while (window.fits(1)) window.push((count += 1), 1);
  expect(count).toBe(4096);
  window.acknowledge(1);
  expect(window.fits(1)).toBe(true);
});

test("counts exactly the bytes that are not acknowledged", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 50 }), fc.array(fc.nat(60)), (sizes, acks) => {
      const window = new FrameWindow();
      for (const [index, size] of sizes.entries()) window.push(index + 1, size);
      let acknowledged = 0;
      for (const ack of acks) {
        acknowledged = Math.max(acknowledged, ack);
        window.acknowledge(ack);
        const left = sizes.slice(acknowledged).reduce((sum, size) => sum + size, 0);
        expect([window.sizeBytes, window.empty]).toEqual([left, left === 0]);
      }
    }),
  );
});
