/** How often a message that comes every second is told, and when it counts as new. */
import { expect, test } from "vitest";
import { QuietRepeats } from "./quiet-repeats.ts";

test("a message that keeps coming is told at growing distances, others at once", () => {
  const repeats = new QuietRepeats();
  const told: number[] = [];
  for (let second = 0; second <= 80; second += 1) if (repeats.mayTell("down", second * 1_000)) told.push(second);
  expect(told).toEqual([0, 10, 30, 70]);
  expect(repeats.mayTell("other", 80_000)).toBe(true);
});

test("after a long silence it is new again", () => {
  const repeats = new QuietRepeats();
  const told = [0, 10_000, 100_000, 110_000].map((ms) => repeats.mayTell("down", ms));
  expect(told).toEqual([true, true, true, true]);
});

test("what is remembered is bounded: beyond it messages are told again", () => {
  const repeats = new QuietRepeats();
  for (let number = 0; number < 200; number += 1) repeats.mayTell(`message ${number}`, 0);
  expect(repeats.mayTell("message 0", 1)).toBe(false);
  repeats.mayTell("one more", 1);
  expect(repeats.mayTell("message 0", 1)).toBe(true);
});
