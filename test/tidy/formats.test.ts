/** Nothing on disk changes its form without a directory of that form among the tests of all later releases. */
import { expect, test } from "vitest";
import { currentRelease, fixtureReleases, formatNumbers, readFixture } from "../formats/fixture.ts";

test("this release has a fixture, written with the formats that its sources declare (make fixture writes it)", () => {
  expect(fixtureReleases()).toContain(currentRelease());
  expect(readFixture(currentRelease())).toMatchObject({ release: currentRelease(), formats: formatNumbers() });
});

test("no number of a format goes down", () => {
  const now = formatNumbers();
  for (const release of fixtureReleases()) {
    for (const [name, number] of Object.entries(readFixture(release).formats)) {
      expect([release, name, (now[name] ?? 0) >= number]).toEqual([release, name, true]);
    }
  }
});
