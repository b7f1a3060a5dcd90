import { expect, test } from "vitest";
import { runRandomSchedule } from "./testing/random-schedule.ts";
import type { LabSins } from "./testing/replica-lab.ts";

const SEEDS = Number(process.env["MILLRACE_SCHEDULE_SEEDS"] ?? 300);
const FIRST_SEED = Number(process.env["MILLRACE_SCHEDULE_FIRST_SEED"] ?? 1);
const STEPS = 400;

test(`${SEEDS} random schedules lose nothing and heal`, () => {
  let committed = 0;
  let epochs = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed += 1) {
    try {
      const report = runRandomSchedule(seed, STEPS);
      committed += report.committedEnd;
      epochs += report.epochs;
    } catch (error) {
      const replay = `MILLRACE_SCHEDULE_FIRST_SEED=${seed} MILLRACE_SCHEDULE_SEEDS=1`;
      throw new Error(`seed ${seed} (replay with ${replay})`, { cause: error });
    }
  }
  expect(committed / SEEDS).toBeGreaterThan(5);
  expect(epochs / SEEDS).toBeGreaterThan(6);
}, 120_000);

test.each<[string, LabSins]>([
  ["acknowledges before it is durable", { acknowledgesBeforeDurable: true }],
  ["restores leadership after a restart", { restoresLeadership: true }],
  ["answers under its old identity after a wipe", { keepsUuidAfterWipe: true }],
])(
  "a host that %s is found out",
  (_, sins) => {
    const found = () => {
      for (let seed = 1; seed <= 3000; seed += 1) runRandomSchedule(seed, STEPS, sins);
    };
    expect(found).toThrow();
  },
  60_000,
);
