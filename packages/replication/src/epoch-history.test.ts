import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochAt, highestCommonPoint, historyBelow, historyFrom, historyUpTo } from "./epoch-history.ts";
import type { EpochStart } from "./replica-state.ts";

/** A log as the epochs of its records; two logs that part never agree again, as in the protocol. */
const twoLogs = fc.record({ shared: epochs(5), left: epochs(4), right: epochs(4) }).map(({ shared, left, right }) => ({
  a: [...sorted(shared), ...sorted(left).map((epoch) => 10 + 2 * epoch)],
  b: [...sorted(shared), ...sorted(right).map((epoch) => 11 + 2 * epoch)],
  common: shared.length,
}));

describe("highestCommonPoint", () => {
  test("is where two logs part, whatever was written before and after", () => {
    fc.assert(
      fc.property(twoLogs, ({ a, b, common }) => {
        const found = highestCommonPoint(
          { history: historyOf(a), logEnd: a.length },
          { history: historyOf(b), logEnd: b.length },
        );
        expect(found ?? 0).toBe(common);
      }),
    );
  });

  test("is the shorter end when one log is the beginning of the other", () => {
    const history = [start(1, 0), start(3, 4)];
    expect(highestCommonPoint({ history, logEnd: 9 }, { history, logEnd: 6 })).toBe(6);
    expect(highestCommonPoint({ history, logEnd: 9 }, { history: [start(1, 0)], logEnd: 7 })).toBe(4);
  });

  test("is unknown when no epoch is shared", () => {
    expect(
      highestCommonPoint({ history: [start(1, 0)], logEnd: 3 }, { history: [start(2, 0)], logEnd: 3 }),
    ).toBeUndefined();
  });
});

test("every offset keeps its epoch through trimming and partial copies", () => {
  fc.assert(
    fc.property(epochs(8), fc.nat(8), fc.nat(8), (written, trimAt, copyTo) => {
      const log = sorted(written);
      const history = historyOf(log);
      const from = Math.min(trimAt, log.length);
      const trimmed = historyFrom(history, from);
      for (let offset = from; offset < log.length; offset += 1) expect(epochAt(trimmed, offset)).toBe(log[offset]);
      const copied = historyUpTo(history, copyTo);
      for (let offset = 0; offset < Math.min(copyTo, log.length); offset += 1) {
        expect(epochAt(copied, offset)).toBe(log[offset]);
        expect(epochAt(historyBelow(history, trimmed), offset)).toBe(log[offset]);
      }
    }),
  );
});

function epochs(lengthMax: number): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: lengthMax });
}

function sorted(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}

function historyOf(log: readonly number[]): EpochStart[] {
  const history: EpochStart[] = [];
  for (const [offset, epoch] of log.entries()) {
    if (history.at(-1)?.epoch !== epoch) history.push(start(epoch, offset));
  }
  return history.length > 0 ? history : [start(0, 0)];
}

function start(epoch: number, startOffset: number): EpochStart {
  return { epoch, startOffset };
}
