import fc from "fast-check";
import { expect, test } from "vitest";
import { AttemptPlan, defaultRetryOptions, type RetryPolicy } from "./attempt-plan.ts";

const toDeadLetter: RetryPolicy = { ...defaultRetryOptions, whenExhausted: "dead-letter" };

/** Runs a plan over records of which `poison` fail whenever they are in the range. */
function run(count: number, poison: ReadonlySet<number>, policy: RetryPolicy, pinpoints: boolean, stepsMax = 10_000) {
  const plan = new AttemptPlan(count, policy);
  const handled: number[] = [];
  const deadLettered: number[] = [];
  let attempts = 0;
  for (let steps = 0; steps < stepsMax; steps += 1) {
    const step = plan.next();
    if (step.kind === "done") return { handled, deadLettered, attempts, finished: true, settled: plan.settled };
    expect(step.from).toBe(plan.settled);
    const range = Array.from({ length: step.to - step.from }, (_, index) => step.from + index);
    if (step.kind === "dead-letter") {
      deadLettered.push(...range);
      plan.succeeded();
      continue;
    }
    attempts += 1;
    const firstBad = range.findIndex((index) => poison.has(index));
    if (firstBad === -1) {
      handled.push(...range);
      plan.succeeded();
    } else if (pinpoints) {
      handled.push(...range.slice(0, firstBad));
      plan.failed({ handled: firstBad, pinpointed: true });
    } else plan.failed({ handled: 0, pinpointed: false });
  }
  return { handled, deadLettered, attempts, finished: false, settled: plan.settled };
}

const cases = fc.record({
  count: fc.integer({ min: 0, max: 200 }),
  poison: fc.uniqueArray(fc.nat(199), { maxLength: 8 }),
  attemptsMax: fc.integer({ min: 1, max: 4 }),
  pinpoints: fc.boolean(),
});

test("exactly the records at fault are set aside; every other one is handled once, in order", () => {
  fc.assert(
    fc.property(cases, ({ count, poison, attemptsMax, pinpoints }) => {
      const bad = new Set(poison.filter((index) => index < count));
      const result = run(count, bad, { ...toDeadLetter, attemptsMax }, pinpoints);
      const all = Array.from({ length: count }, (_, index) => index);
      expect(result.finished).toBe(true);
      expect(result.deadLettered).toEqual(all.filter((index) => bad.has(index)));
      expect(result.handled).toEqual(all.filter((index) => !bad.has(index)));
      // Whole batch, the way down to each bad record and its neighbours, and the bad record itself.
      const perBad = 2 * Math.ceil(Math.log2(count + 1)) + 2 * attemptsMax + 2;
      expect(result.attempts).toBeLessThanOrEqual(1 + attemptsMax + bad.size * perBad);
    }),
  );
});

test("without a dead letter a record that fails is never passed", () => {
  fc.assert(
    fc.property(cases, fc.boolean(), ({ count, poison, attemptsMax, pinpoints }, bisect) => {
      const bad = poison.filter((index) => index < count);
      fc.pre(bad.length > 0);
      const policy = { ...defaultRetryOptions, whenExhausted: "retry" as const, attemptsMax, bisect };
      const result = run(count, new Set(bad), policy, pinpoints, 500);
      expect(result.finished).toBe(false);
      expect(result.deadLettered).toEqual([]);
      expect(result.settled).toBe(bisect || pinpoints ? Math.min(...bad) : 0);
    }),
  );
});

test("without halving the batch shares one fate", () => {
  const result = run(5, new Set([3]), { ...toDeadLetter, bisect: false }, false);
  expect(result).toMatchObject({ attempts: 3, handled: [], deadLettered: [0, 1, 2, 3, 4] });
});

test("waits grow while nothing succeeds, up to the limit, and begin anew after success", () => {
  const plan = new AttemptPlan(8, { ...toDeadLetter, attemptsMax: 4, backoffMinMs: 100, backoffMaxMs: 300 });
  const waits: number[] = [];
  for (let failure = 0; failure < 5; failure += 1) {
    waits.push(plan.backoffMs);
    plan.failed({ handled: 0, pinpointed: false });
  }
  expect(waits).toEqual([0, 100, 200, 300, 300]);
  plan.succeeded();
  expect(plan.backoffMs).toBe(0);
});
