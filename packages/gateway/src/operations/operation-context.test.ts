import { expect, test } from "vitest";
import { readInvocation } from "./operation-context.ts";

test.each([
  [undefined, undefined, { invocationId: undefined, mayRepeat: false }],
  ["", "attempt=2; max=3", { invocationId: undefined, mayRepeat: false }],
  ["i", undefined, { invocationId: "i", mayRepeat: true }],
  ["i", "attempt=1; max=3", { invocationId: "i", mayRepeat: false }],
  ["i", "attempt=1", { invocationId: "i", mayRepeat: false }],
  ["i", "attempt=2; max=3", { invocationId: "i", mayRepeat: true }],
  ["i", "attempt=10; max=12", { invocationId: "i", mayRepeat: true }],
])("id %s and tries %s are read as %o", (id, tries, invocation) => {
  expect(readInvocation(id, tries)).toEqual(invocation);
});
