import { ManualClock } from "@millrace/testkit";
import { expect, test } from "vitest";
import { CatchUpReads } from "./catch-up-reads.ts";

const KiB = 1024;

function harness(bytesPerSecond: number): {
  clock: ManualClock;
  reads: CatchUpReads;
  queued: Map<string, number>;
  done: string[];
  ask: (key: string, peer: string, sizeBytes?: number) => void;
} {
  const clock = new ManualClock();
  const queued = new Map<string, number>();
  const done: string[] = [];
  const reads = new CatchUpReads({ clock, bytesPerSecond, queuedBytes: (peer) => queued.get(peer) ?? 0 });
  const ask = (key: string, peer: string, sizeBytes = 100 * KiB): void => {
    const read = (): Promise<number> => {
      done.push(key);
      return Promise.resolve(sizeBytes);
    };
    reads.ask(key, { peer, read });
  };
  return { clock, reads, queued, done, ask };
}

test("a peer is fed at its rate and no other waits for it", async () => {
  const { clock, done, ask } = harness(1000 * KiB);
  for (let key = 0; key < 30; key += 1) {
    ask(`slow-${key}`, "slow");
    await clock.advanceAsync(0);
  }
  expect(done).toHaveLength(1);
  ask("other", "other");
  await clock.advanceAsync(0);
  expect(done).toContain("other");
  await clock.advanceAsync(1000);
  // Ten a second, the first one, and those that run at once before any of them is counted.
  expect(done.filter((key) => key.startsWith("slow")).length).toBeLessThanOrEqual(15);
  await clock.advanceAsync(2500);
  expect(done).toHaveLength(31);
});

test("nothing is read for a peer whose connection is full, and it goes on when it is not", async () => {
  const { clock, queued, done, ask } = harness(1e9);
  queued.set("hung", 5 * 1024 * KiB);
  for (let key = 0; key < 1000; key += 1) ask(`hung-${key % 10}`, "hung");
  ask("well", "well");
  await clock.advanceAsync(5000);
  expect(done).toEqual(["well"]);
  queued.set("hung", 0);
  await clock.advanceAsync(1000);
  expect(done).toHaveLength(11);
});

test("a closed one starts nothing more and leaves no timer", async () => {
  const { clock, reads, queued, done, ask } = harness(1e9);
  queued.set("hung", 5 * 1024 * KiB);
  ask("a", "hung");
  reads.close();
  queued.clear();
  await clock.advanceAsync(1000);
  expect([done, clock.pending, reads.waitingCount]).toEqual([[], 0, 0]);
});
