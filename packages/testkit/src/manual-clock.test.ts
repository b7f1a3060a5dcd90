import fc from "fast-check";
import { expect, test } from "vitest";
import { ManualClock } from "./manual-clock.ts";
import { seededRandom } from "./seeded-random.ts";

test("timers fire in order of due time, then of scheduling, each at its own time", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { maxLength: 30 }), (delays) => {
      const clock = new ManualClock(0);
      const fired: [number, number, number][] = [];
      delays.forEach((delayMs, index) => clock.schedule(delayMs, () => fired.push([delayMs, index, clock.nowMs()])));
      clock.advance(50);
      const expected = delays.map((delayMs, index): [number, number, number] => [delayMs, index, delayMs]);
      expect(fired).toEqual(expected.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]));
    }),
  );
});

test("a cancelled timer does not fire, and a timer may schedule another", () => {
  const clock = new ManualClock(0);
  const fired: string[] = [];
  clock.schedule(5, () => fired.push("cancelled")).cancel();
  clock.schedule(5, () => clock.schedule(5, () => fired.push(`second at ${clock.monotonicMs()}`)));
  clock.advance(10);
  expect(fired).toEqual(["second at 10"]);
  expect(clock.pending).toBe(0);
});

test("the wall clock jumps alone", () => {
  const clock = new ManualClock(1_000);
  clock.jump(-500);
  clock.advance(10);
  expect([clock.nowMs(), clock.monotonicMs()]).toEqual([510, 10]);
});

test("the same seed gives the same values, and UUIDs of version 4", () => {
  const [first, second] = [seededRandom(7), seededRandom(7)];
  expect([...first.bytes(40)]).toEqual([...second.bytes(40)]);
  expect(first.uuid()).toBe(second.uuid());
  expect(first.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(seededRandom(1).float()).not.toBe(seededRandom(2).float());
});
