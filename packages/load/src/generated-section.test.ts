import { expect, test } from "vitest";
import { withGeneratedSection } from "./generated-section.ts";

test("the generated section is replaced and nothing around it", () => {
  const first = withGeneratedSection("# Title\n\nwords\n", "bench", "old");
  expect(first).toContain("words\n\n<!--");
  const second = withGeneratedSection(`${first}after\n`, "bench", "new");
  expect(second).toBe(`${first.replace("old", "new")}after\n`);
});

test("two commands keep their sections apart", () => {
  const both = withGeneratedSection(withGeneratedSection("", "bench", "fast"), "chaos", "safe");
  expect(withGeneratedSection(both, "bench", "faster")).toBe(both.replace("fast", "faster"));
});
