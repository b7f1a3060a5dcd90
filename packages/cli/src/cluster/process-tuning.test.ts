import { spawnSync } from "node:child_process";
import { roles } from "@millrace/runtime";
import { expect, test } from "vitest";
import { nodeFlagsOf } from "./process-tuning.ts";

test.each(roles)("this Node starts with the flags of a %s", (role) => {
  const flags = nodeFlagsOf(role);
  expect(flags).toContain("--no-incremental-marking");
  const { status, stderr } = spawnSync(process.execPath, [...flags, "-e", ""], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
});
