/** Every rule of the protocol that is taken away must be missed by the checks of the core, within so many seeds. */
import { expect, test } from "vitest";
import type { CoreMutant } from "./core/core-mutant.ts";
import { CORE_STEPS, runCore } from "./core/core-run.ts";

test.each<readonly [CoreMutant, number]>([
  ["acknowledge before sync", 2000],
  ["acknowledge at one copy", 500],
  ["skip the seal", 500],
  ["skip truncation", 500],
  ["truncate to the commit offset", 500],
  ["forget the promise on restart", 20_000],
  ["restore leadership on restart", 500],
  ["reuse an epoch", 500],
  ["retire the old set before adoption", 1000],
  ["choose from one answer", 500],
  ["choose by length alone", 10_000],
  ["count suspects", 1000],
  ["miss a lost tail", 1000],
  ["keep the identity of a lost disk", 5000],
  ["leader does not store its epoch", 20_000],
  ["adopt before complete", 500],
  ["accept a lower epoch", 500],
  ["count learners", 2000],
  ["count before adoption", 500],
  ["answer before the promise", 2000],
  ["cut within an epoch", 2000],
  ["report before earlier writes and acknowledge them", 2000],
])("the planted bug “%s” is found within %i seeds", { timeout: 1_800_000 }, (mutant, seeds) => {
  const findIt = (): void => {
    for (let seed = 1; seed <= seeds; seed += 1) runCore(seed, CORE_STEPS, mutant);
  };
  expect(findIt).toThrow();
});

/** What stands behind each is in docs/reliability.md. One that is found here has lost the rule behind it. */
test.each<readonly [CoreMutant]>([
  ["report before earlier writes"],
  ["recover another log"],
  ["choose by the last frame"],
])("another rule stands behind “%s”", { timeout: 1_800_000 }, (mutant) => {
  for (let seed = 1; seed <= 2000; seed += 1) runCore(seed, CORE_STEPS, mutant);
});
