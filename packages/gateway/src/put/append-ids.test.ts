import { realRandom } from "@millrace/runtime";
import { expect, test } from "vitest";
import { AppendIds } from "./append-ids.ts";

const append = { indices: [3, 5], recordsCrc: 7 };

test("an invocation's ids are the same in every gateway and differ by place and content", () => {
  const [one, other] = [new AppendIds(realRandom), new AppendIds(realRandom)];
  const id = one.idOf("i", append);
  expect(id).toHaveLength(16);
  expect(other.idOf("i", append)).toEqual(id);
  for (const different of [
    one.idOf("j", append),
    one.idOf("i", { ...append, recordsCrc: 8 }),
    one.idOf("i", { ...append, indices: [4, 5] }),
    one.idOf("i", { ...append, indices: [3, 5, 6] }),
  ]) {
    expect(different).not.toEqual(id);
  }
});

test("without an invocation no id comes twice", () => {
  const gateways = [new AppendIds(realRandom), new AppendIds(realRandom)];
  const ids = gateways.flatMap((own) => Array.from({ length: 500 }, () => own.idOf(undefined, append).toString("hex")));
  expect(new Set(ids).size).toBe(1000);
  expect(ids.every((id) => id.length === 32)).toBe(true);
});
