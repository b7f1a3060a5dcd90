import fc from "fast-check";
import { expect, test } from "vitest";
import { KeyScheduler, type ScheduledBatch } from "./key-scheduler.ts";

interface Item {
  readonly key: string;
  readonly order: number;
}

const script = fc.record({
  parallelism: fc.integer({ min: 1, max: 5 }),
  batchMax: fc.integer({ min: 1, max: 7 }),
  keys: fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f"), { maxLength: 300, size: "max" }),
  choices: fc.infiniteStream(fc.nat(99)),
});

test("every record comes once, keys never overlap, and each key keeps its order", () => {
  fc.assert(
    fc.property(script, ({ parallelism, batchMax, keys, choices }) => {
      const scheduler = new KeyScheduler<Item>({ parallelism, batchMax }, ({ key }) => key);
      const out: ScheduledBatch<Item>[] = [];
      const handled: Item[] = [];
      let pushed = 0;
      while (handled.length < keys.length) {
        const choice = choices.next().value % 3;
        if (choice === 0 && pushed < keys.length) scheduler.push({ key: keys[pushed] ?? "", order: pushed++ });
        else if (choice === 1) {
          const batch = scheduler.take();
          if (batch === undefined) {
            // Nothing may begin only for a reason: nothing waits, all are out, or every key that waits is busy.
            const busy = new Set(out.flatMap((each) => [...each.keys]));
            const idle = pushed - handled.length - out.reduce((sum, each) => sum + each.items.length, 0);
            if (out.length < parallelism && idle > 0) expect(busy.size).toBeGreaterThan(0);
            continue;
          }
          expect(batch.items.length).toBeLessThanOrEqual(batchMax);
          expect([...batch.keys].filter((key) => out.some((other) => other.keys.has(key)))).toEqual([]);
          out.push(batch);
          expect(out.length).toBeLessThanOrEqual(parallelism);
        } else if (out.length > 0) {
          const [done] = out.splice(choices.next().value % out.length, 1);
          if (done === undefined) continue;
          handled.push(...done.items);
          scheduler.finish(done);
        }
      }
      for (const key of new Set(keys)) {
        const orders = handled.filter((item) => item.key === key).map(({ order }) => order);
        expect(orders).toEqual(orders.toSorted((a, b) => a - b));
      }
      expect(new Set(handled.map(({ order }) => order)).size).toBe(keys.length);
      expect({ waiting: scheduler.waiting, out: scheduler.out }).toEqual({ waiting: 0, out: 0 });
    }),
  );
});

test("with a parallelism of 1 batches are the stream, in order", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("a", "b"), { maxLength: 50 }),
      fc.integer({ min: 1, max: 9 }),
      (keys, size) => {
        const scheduler = new KeyScheduler<Item>({ parallelism: 1, batchMax: size }, ({ key }) => key);
        for (const [order, key] of keys.entries()) scheduler.push({ key, order });
        const orders: number[] = [];
        for (let batch = scheduler.take(); batch !== undefined; batch = scheduler.take()) {
          orders.push(...batch.items.map(({ order }) => order));
          scheduler.finish(batch);
        }
        expect(orders).toEqual(keys.map((_, order) => order));
      },
    ),
  );
});

test("a slow key holds up its own records only", () => {
  const scheduler = new KeyScheduler<Item>({ parallelism: 2, batchMax: 1 }, ({ key }) => key);
  for (const [order, key] of ["slow", "slow", "slow", "x", "y"].entries()) scheduler.push({ key, order });
  expect(scheduler.take()?.items.map(({ key }) => key)).toEqual(["slow"]);
  for (const expected of ["x", "y"]) {
    const batch = scheduler.take();
    expect(batch?.items.map(({ key }) => key)).toEqual([expected]);
    if (batch !== undefined) scheduler.finish(batch);
  }
  expect(scheduler.take()).toBeUndefined();
  expect(scheduler.waiting).toBe(2);
});
