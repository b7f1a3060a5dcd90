import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createLogger } from "./logger.ts";
import { productVersion } from "./product-version.ts";

function capture(level: "info" | "silent"): {
  lines: Record<string, unknown>[];
  logger: ReturnType<typeof createLogger>;
} {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  return { lines, logger: createLogger({ role: "gateway", id: "g1", level, destination }) };
}

test("a line is one JSON object with level, time, role, id and the fields of its parents", () => {
  const { lines, logger } = capture("info");
  logger.child({ requestId: "r-1" }).warn({ shard: 3 }, "slow");
  expect(lines).toEqual([
    {
      level: "warn",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      role: "gateway",
      id: "g1",
      requestId: "r-1",
      shard: 3,
      msg: "slow",
    },
  ]);
});

test("errors keep their message and stack; below the level nothing is written", () => {
  const { lines, logger } = capture("info");
  logger.debug({}, "not written");
  logger.error({ error: new Error("broken") }, "failed");
  expect(lines).toHaveLength(1);
  expect(lines[0]?.["error"]).toMatchObject({
    message: "broken",
    stack: expect.stringContaining("logger.test") as string,
  });
  const { lines: none, logger: silent } = capture("silent");
  silent.error({}, "not written");
  expect(none).toEqual([]);
});

test("the product's version is that of the workspace", () => {
  const manifest = readFileSync(join(import.meta.dirname, "../../../package.json"), "utf8");
  expect(JSON.parse(manifest)).toMatchObject({ version: productVersion });
});
