import { expect, test } from "vitest";
import { ConsumerPlaces, PROTECTED_MS } from "./consumer-places.ts";

const ARN = "arn";

function counter(): { count: number; evict: () => void } {
  const counted = { count: 0, evict: () => void (counted.count += 1) };
  return counted;
}

test("a newcomer within five seconds is refused, later it takes over", () => {
  const places = new ConsumerPlaces(true);
  const first = counter();
  expect(places.claim(1, ARN, "a", 0)).toBe(true);
  expect(places.hold(1, ARN, { claimId: "a", claimedMs: 0 }, first.evict)).toBe(true);
  expect(places.claim(1, ARN, "b", PROTECTED_MS - 1)).toBe(false);
  expect(first.count).toBe(0);
  expect(places.claim(1, ARN, "b", PROTECTED_MS)).toBe(true);
  expect(first.count).toBe(1);
});

test("shards and consumers do not see each other", () => {
  const places = new ConsumerPlaces(true);
  expect(places.claim(1, ARN, "a", 0)).toBe(true);
  expect(places.claim(2, ARN, "b", 0)).toBe(true);
  expect(places.claim(1, "other", "c", 0)).toBe(true);
});

test.each([
  [true, false],
  [false, true],
])("with limits (%s) the place of an ended subscription is free at once: %s", (limitsOn, free) => {
  const places = new ConsumerPlaces(limitsOn);
  const { evict } = counter();
  places.claim(1, ARN, "a", 0);
  places.hold(1, ARN, { claimId: "a", claimedMs: 0 }, evict);
  places.release(1, ARN, evict);
  expect(places.claim(1, ARN, "b", 1)).toBe(free);
  expect(places.claim(1, ARN, "c", 2 * PROTECTED_MS)).toBe(true);
});

test("the end of the old one does not free the newcomer's place", () => {
  const places = new ConsumerPlaces(false);
  const { evict } = counter();
  places.claim(1, ARN, "a", 0);
  places.hold(1, ARN, { claimId: "a", claimedMs: 0 }, evict);
  places.claim(1, ARN, "b", PROTECTED_MS);
  places.release(1, ARN, evict);
  expect(places.claim(1, ARN, "c", PROTECTED_MS + 1)).toBe(false);
});

test("one that is overtaken before it begins learns so when it does", () => {
  const places = new ConsumerPlaces(true);
  places.claim(1, ARN, "a", 0);
  places.claim(1, ARN, "b", PROTECTED_MS);
  expect(places.hold(1, ARN, { claimId: "a", claimedMs: 0 }, () => {})).toBe(false);
});

test("a new leader takes the claims that subscribers bring, the newest of several, and protects it", () => {
  const places = new ConsumerPlaces(true);
  const [old, young] = [counter(), counter()];
  expect(places.hold(1, ARN, { claimId: "old", claimedMs: 1_000 }, old.evict)).toBe(true);
  expect(places.hold(1, ARN, { claimId: "young", claimedMs: 7_000 }, young.evict)).toBe(true);
  expect(old.count).toBe(1);
  expect(places.hold(1, ARN, { claimId: "old", claimedMs: 1_000 }, old.evict)).toBe(false);
  expect(places.claim(1, ARN, "next", 11_999)).toBe(false);
  expect(places.claim(1, ARN, "next", 12_000)).toBe(true);
  expect(young.count).toBe(1);
  places.forget(1);
  expect(places.claim(1, ARN, "after", 12_001)).toBe(true);
});
