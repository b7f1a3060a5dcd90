import { operations } from "@millrace/kinesis";
import { expect, test } from "vitest";
import { controlOperations } from "./operations.ts";

test("every control operation of the model has its rule", () => {
  const modelled = [...operations.values()].filter(({ plane }) => plane === "control").map(({ name }) => name);
  expect([...controlOperations.keys()].sort()).toEqual(modelled.sort());
});
