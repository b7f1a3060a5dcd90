import { expect, test } from "vitest";
import { ClockAgreement } from "./clock-agreement.ts";

const never = { cancel: () => undefined };

test("a reading agrees while both clocks walk, not after ours has jumped, nor when it is old", () => {
  let [nowMs, monotonicMs] = [1_000_000_000, 0];
  const clock = { nowMs: () => nowMs, monotonicMs: () => monotonicMs, schedule: () => never };
  const agreement = new ClockAgreement(clock);
  expect(agreement.agreed).toBe(false);
  agreement.heard("peer", nowMs + 30_000);
  expect(agreement.agreed).toBe(true);
  nowMs += 200_000;
  monotonicMs += 200_000;
  expect(agreement.agreed).toBe(true);
  nowMs += 365 * 86_400_000;
  expect(agreement.agreed).toBe(false);
  agreement.heard("coordinator", nowMs);
  expect(agreement.agreed).toBe(true);
  nowMs += 400_000;
  monotonicMs += 400_000;
  expect(agreement.agreed).toBe(false);
});
