/** The table of scripted schedules in docs/reliability.md names tests that exist. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../tidy/source-files.ts";

/** At least one for each known way to break such a protocol. */
const SCHEDULES_MIN = 40;

test("every scripted schedule of the table has its test", () => {
  const page = readFileSync(join(repository, "docs/reliability.md"), "utf8");
  const rows = [...page.matchAll(/^\| [^|]+ \| (\S+\.test\.ts): ([^|]+) \|$/gm)];
  const missing = rows.filter(([, path = "", name = ""]) => {
    const text = readFileSync(join(repository, "packages", path), "utf8");
    return !text.includes(`"${name.trim()}`);
  });
  expect(missing.map(([row]) => row)).toEqual([]);
  expect(rows.length).toBeGreaterThanOrEqual(SCHEDULES_MIN);
});
