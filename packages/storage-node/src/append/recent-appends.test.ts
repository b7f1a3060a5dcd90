import { APPEND_ID_AGE_MS, encodeFrame, frameKind, type Frame } from "@millrace/model";
import fc from "fast-check";
import { expect, test } from "vitest";
import { RECENT_IDS_MAX, RecentAppends } from "./recent-appends.ts";

const idOf = (number: number): string => number.toString(16).padStart(32, "0");

/** A frame of single-record appends with ids `from`, `from + 1`, …, at offsets equal to their numbers. */
function frameOf(from: number, count: number, arrivalMs = 1): Frame {
  return encodeFrame({
    kind: frameKind.records,
    shardUid: 1,
    epoch: 1,
    recordCount: count,
    baseOffset: from,
    arrivalMs,
    prevEpoch: 1,
    userBytes: 0,
    appendIds: Array.from({ length: count }, (_, i) => ({ id: idOf(from + i), firstRecord: i, recordCount: 1 })),
    bodies: [],
  });
}

test("finds exactly the appends of the log, whatever was cut and whenever it is asked", () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ add: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ cutTo: fc.nat(10) }),
      fc.record({ ask: fc.nat(40) }),
    ),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(steps, (script) => {
      const recent = new RecentAppends();
      let ends = [0];
      const end = (): number => ends.at(-1) ?? 0;
      for (const step of script) {
        if ("add" in step) {
          recent.remember(frameOf(end(), step.add), 0);
          ends.push(end() + step.add);
        } else if ("cutTo" in step) {
          ends = ends.slice(0, 1 + (step.cutTo % ends.length));
          recent.truncate(end());
        } else {
          const found = recent.find(idOf(step.ask));
          expect(found?.baseOffset).toBe(step.ask < end() ? step.ask : undefined);
        }
      }
      expect(recent.idCount).toBe(end());
    }),
  );
});

test("old ids go by age, and the oldest when there are too many", () => {
  const recent = new RecentAppends();
  recent.remember(frameOf(0, 10), 1000);
  recent.remember(frameOf(10, 1), 1001 + APPEND_ID_AGE_MS);
  expect(recent.find(idOf(9))).toBeUndefined();
  expect(recent.find(idOf(10))).toMatchObject({ baseOffset: 10, recordCount: 1 });
  for (let from = 11; from < RECENT_IDS_MAX + 8000; from += 4000)
    recent.remember(frameOf(from, 4000), 2000 + APPEND_ID_AGE_MS);
  expect(recent.idCount).toBeLessThanOrEqual(RECENT_IDS_MAX);
  expect(recent.find(idOf(11))).toBeUndefined();
});

test("what is read back comes before what was seen", () => {
  const recent = new RecentAppends();
  recent.remember(frameOf(5, 2), 0);
  expect(recent.coveredFrom).toBe(5);
  recent.prepend([frameOf(2, 3), frameOf(5, 2)], 2, 0);
  expect(recent.coveredFrom).toBe(2);
  expect(recent.idCount).toBe(5);
  expect(recent.find(idOf(2))?.baseOffset).toBe(2);
  expect(recent.find(idOf(6))?.baseOffset).toBe(6);
});

test("a leader whose clock was far ahead ages no ids", () => {
  const recent = new RecentAppends();
  recent.remember(frameOf(0, 1, 1000), 0);
  recent.remember(frameOf(1, 1, 1000 + 2 * APPEND_ID_AGE_MS), 50);
  expect(recent.find(idOf(0))?.baseOffset).toBe(0);
});
