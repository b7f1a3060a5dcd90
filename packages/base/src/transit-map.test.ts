import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { TransitMap } from "./transit-map.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as (options?: { type: "minor" }) => void;

test("keeps what a Map keeps, in its order, however often it begins anew", () => {
  const subject = new TransitMap<number, string>();
  const model = new Map<number, string>();
  for (let key = 0; key < 10_000; key += 1) {
    subject.set(key, `value ${key}`);
    model.set(key, `value ${key}`);
    const gone = key % 7 === 0 ? key : key - 100;
    expect(subject.delete(gone)).toBe(model.delete(gone));
  }
  expect(subject.entries()).toEqual([...model]);
  expect([subject.size, subject.get(9_999), subject.get(0)]).toEqual([model.size, model.get(9_999), undefined]);
  subject.clear();
  expect([subject.size, subject.entries()]).toEqual([0, []]);
});

test("what was deleted is collected with the young, also from a map that has grown old", () => {
  const subject = new TransitMap<number, number[]>();
  for (let key = 0; key < 40; key += 1) subject.set(-1 - key, [key]);
  for (let times = 0; times < 3; times += 1) collectGarbage({ type: "minor" });
  const before = process.memoryUsage().heapUsed;
  let mostBytes = 0;
  // 80 MB come and go, 20 entries at a time.
  for (let key = 0; key < 50_000; key += 1) {
    subject.set(
      key,
      Array.from({ length: 200 }, () => key),
    );
    subject.delete(key - 20);
    if (key % 1_000 !== 0) continue;
    collectGarbage({ type: "minor" });
    mostBytes = Math.max(mostBytes, process.memoryUsage().heapUsed - before);
  }
  expect(mostBytes).toBeLessThan(3_000_000);
});
