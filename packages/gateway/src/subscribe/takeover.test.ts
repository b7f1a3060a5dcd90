import { expect, test } from "vitest";
import { PROTECTED_MS, TakeoverTable } from "./takeover.ts";

function holder(): { taken: number; takenOver(): void } {
  return {
    taken: 0,
    takenOver(): void {
      this.taken += 1;
    },
  };
}

test("a newcomer within five seconds is refused, later it takes over", () => {
  const table = new TakeoverTable(true);
  const first = holder();
  table.claim("a", 0)?.take(first);
  expect(table.claim("a", PROTECTED_MS - 1)).toBeUndefined();
  expect(first.taken).toBe(0);
  expect(table.claim("a", PROTECTED_MS)).toBeDefined();
  expect(first.taken).toBe(1);
});

test("shards and consumers do not see each other", () => {
  const table = new TakeoverTable(true);
  expect(table.claim("a", 0)).toBeDefined();
  expect(table.claim("b", 0)).toBeDefined();
});

test("an ended subscription protects its place for the rest of its time, one that never began does not", () => {
  const table = new TakeoverTable(true);
  table.claim("ended", 0)?.free("ended");
  table.claim("failed", 0)?.free("failed");
  expect(table.claim("ended", 1)).toBeUndefined();
  expect(table.claim("failed", 1)).toBeDefined();
  table.sweep(PROTECTED_MS);
  expect(table.claim("ended", PROTECTED_MS)).toBeDefined();
});

test("with limits off an ended subscription frees its place at once", () => {
  const table = new TakeoverTable(false);
  table.claim("a", 0)?.free("ended");
  expect(table.claim("a", 1)).toBeDefined();
  expect(table.count).toBe(1);
});

test("the end of the old one does not free the newcomer's place", () => {
  const table = new TakeoverTable(false);
  const old = table.claim("a", 0);
  old?.take(holder());
  expect(table.claim("a", PROTECTED_MS)).toBeDefined();
  old?.free("ended");
  expect(table.claim("a", PROTECTED_MS + 1)).toBeUndefined();
});

test("one that is overtaken while it is being set up learns so when it begins", () => {
  const table = new TakeoverTable(true);
  const slow = table.claim("a", 0);
  table.claim("a", PROTECTED_MS);
  const late = holder();
  slow?.take(late);
  expect(late.taken).toBe(1);
});
