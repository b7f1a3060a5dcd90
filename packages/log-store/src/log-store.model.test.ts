import { cp, rm } from "node:fs/promises";
import fc from "fast-check";
import { afterEach, test } from "vitest";
import { ModelStore } from "./testing/model-store.ts";
import {
  openTestStore,
  recordsFrame,
  removeTestDirectories,
  submitted,
  testDirectory,
} from "./testing/store-fixture.ts";
import type { LogEntry, LogStore } from "./log-store-contract.ts";

afterEach(removeTestDirectories);

interface Run {
  store: LogStore;
  directory: string;
  serial: number;
}

type Step =
  | { readonly type: "append"; readonly shardUid: number; readonly frames: readonly { count: number; bytes: number }[] }
  | { readonly type: "truncate" | "trim" | "read"; readonly shardUid: number; readonly part: number }
  | { readonly type: "reset"; readonly shardUid: number; readonly to: number }
  | { readonly type: "drop" | "state"; readonly shardUid: number }
  | { readonly type: "reopen" | "crash" | "loseIndex" | "settle" };

const shardUid = fc.integer({ min: 1, max: 3 });
const part = fc.double({ min: 0, max: 1, noNaN: true });
const frames = fc.array(fc.record({ count: fc.integer({ min: 1, max: 5 }), bytes: fc.integer({ min: 0, max: 400 }) }), {
  minLength: 1,
  maxLength: 6,
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant("append" as const), shardUid, frames }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom("truncate", "trim", "read"), shardUid, part }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("reset" as const), shardUid, to: fc.nat(40) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom("drop", "state", "state", "state"), shardUid }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom("reopen", "crash", "loseIndex", "settle") }) },
);

const small = { segmentBytes: 3000, tailCacheBytes: 600 };

test("does what a simple model does, through truncations, trims, restarts, crashes and a lost index", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const directory = await testDirectory();
      const run: Run = { store: await openTestStore(directory, small), directory, serial: 0 };
      const model = new ModelStore();
      try {
        for (const each of steps) await perform(each, run, model);
        await model.check(run.store);
        await reopen(run, "reopen");
        model.checkRecovered(run.store);
        await model.check(run.store);
      } finally {
        await run.store.close();
      }
    }),
    { numRuns: Number(process.env["LOG_STORE_RUNS"] ?? 25) },
  );
}, 300_000);

async function perform(each: Step, run: Run, model: ModelStore): Promise<void> {
  run.serial += 1;
  switch (each.type) {
    case "append": {
      const entries: LogEntry[] = [];
      for (const { count, bytes } of each.frames) {
        const baseOffset = model.logEnd(each.shardUid);
        const text = `${run.serial}.${"x".repeat(bytes)}`;
        const frame = recordsFrame({
          shardUid: each.shardUid,
          baseOffset,
          recordCount: count,
          text,
          epoch: run.serial,
        });
        model.append(frame);
        entries.push({ kind: "frame", frame });
      }
      const durable = submitted(run.store, entries);
      await model.check(run.store);
      return durable;
    }
    case "truncate": {
      const logEnd = model.boundary(each.shardUid, each.part);
      model.truncate(each.shardUid, logEnd);
      const durable = submitted(run.store, [{ kind: "truncate", shardUid: each.shardUid, logEnd, resetTo: -1 }]);
      await model.check(run.store);
      return durable;
    }
    case "reset":
      model.reset(each.shardUid, each.to);
      return submitted(run.store, [{ kind: "truncate", shardUid: each.shardUid, logEnd: 0, resetTo: each.to }]);
    case "drop":
      model.drop(each.shardUid);
      return submitted(run.store, [{ kind: "drop", shardUid: each.shardUid }]);
    case "state":
      model.state(each.shardUid, `state ${run.serial}`);
      return submitted(run.store, [
        { kind: "state", shardUid: each.shardUid, state: Buffer.from(`state ${run.serial}`) },
      ]);
    case "trim": {
      const logStart = model.trim(each.shardUid, each.part);
      run.store.trim(each.shardUid, logStart);
      return;
    }
    case "read":
      return model.check(run.store);
    case "settle":
      // Long enough for retention to look, so that segments are moved and removed in between.
      return new Promise((resolve) => setTimeout(resolve, 550));
    case "reopen":
    case "crash":
    case "loseIndex":
      await reopen(run, each.type);
      model.checkRecovered(run.store);
      model.trimAgain(run.store);
      return model.check(run.store);
  }
}

/** Another store over the same bytes: closed in order, copied while open as a crash leaves them, or without its index. */
async function reopen(run: Run, how: "reopen" | "crash" | "loseIndex"): Promise<void> {
  const before = run.directory;
  if (how === "crash") {
    run.directory = await testDirectory();
    await cp(before, run.directory, { recursive: true });
  }
  await run.store.close();
  if (how === "loseIndex") await rm(`${run.directory}/index`, { recursive: true });
  run.store = await openTestStore(run.directory, small);
}
