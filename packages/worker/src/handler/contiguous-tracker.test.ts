import fc from "fast-check";
import { expect, test } from "vitest";
import { ContiguousTracker } from "./contiguous-tracker.ts";

test("the frontier is always the last record before the first unfinished one", () => {
  // Each number: below half, add a record; else finish the so-many-th unfinished one.
  const steps = fc.array(fc.nat(199), { maxLength: 6_000, size: "max" });
  fc.assert(
    fc.property(steps, (script) => {
      const tracker = new ContiguousTracker<string>();
      const unfinished: number[] = [];
      let added = 0;
      for (const step of script) {
        if (step < 100 || unfinished.length === 0) {
          expect(tracker.add(`p${added}`)).toBe(added);
          unfinished.push(added);
          added += 1;
          continue;
        }
        const before = tracker.frontier;
        const [number = 0] = unfinished.splice(step % unfinished.length, 1);
        const moved = tracker.finish(number);
        const oldest = unfinished[0] ?? added;
        if (tracker.oldestUnfinished !== oldest) expect(tracker.oldestUnfinished).toBe(oldest);
        const expected = oldest === 0 ? undefined : `p${oldest - 1}`;
        if (tracker.frontier !== expected) expect(tracker.frontier).toBe(expected);
        if (moved !== (before !== expected)) expect(moved).toBe(before !== expected);
      }
      expect(tracker.outstanding).toBe(added - tracker.oldestUnfinished);
    }),
    { numRuns: 50 },
  );
});

test("finishing twice, or what was never added, is a defect", () => {
  const tracker = new ContiguousTracker<number>();
  tracker.add(0);
  tracker.add(1);
  tracker.finish(1);
  expect(() => tracker.finish(1)).toThrow(/once/);
  expect(() => tracker.finish(2)).toThrow(/unfinished/);
});
