import { expect, test } from "vitest";
import { fewOf } from "./few-of.ts";

test("ten names are told, of more their number", () => {
  const names = Array.from({ length: 12 }, (_, index) => `n${index}`);
  expect(fewOf([])).toBe("none yet");
  expect(fewOf(names.slice(0, 10))).toBe("n0, n1, n2, n3, n4, n5, n6, n7, n8, n9");
  expect(fewOf(names)).toBe("n0, n1, n2, n3, n4, n5, n6, n7, n8, n9 and 2 more");
});
