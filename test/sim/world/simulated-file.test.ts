import { expect, test } from "vitest";
import { Dice } from "./dice.ts";
import { SimulatedFile } from "./simulated-file.ts";

const SECTOR_BYTES = 512;

function contents(file: SimulatedFile): string {
  const bytes = Buffer.alloc(file.sizeBytes);
  file.read(bytes, 0);
  return bytes.toString();
}

function sync(file: SimulatedFile, succeeds: boolean): void {
  file.beginSync()(succeeds);
}

/** What may be left after a loss of power. */
function afterPowerLoss(make: () => SimulatedFile): Set<string> {
  const seen = new Set<string>();
  for (let seed = 1; seed <= 50; seed += 1) {
    const file = make();
    file.losePower(new Dice(seed));
    seen.add(contents(file));
  }
  return seen;
}

test("a loss of power takes what was written after the last sync began, or leaves it, sector by sector", () => {
  const lost = afterPowerLoss(() => {
    const file = new SimulatedFile();
    file.write([Buffer.from("synced")], 0);
    const end = file.beginSync();
    file.write([Buffer.alloc(SECTOR_BYTES, "n")], 6);
    end(true);
    return file;
  });
  expect([...lost].toSorted()).toEqual([
    "synced",
    `synced${"n".repeat(SECTOR_BYTES - 6)}`,
    `synced${"n".repeat(SECTOR_BYTES)}`,
  ]);
});

test("what a sync failed over is read, is gone when power is lost, and no later sync makes it durable", () => {
  const lost = afterPowerLoss(() => {
    const file = new SimulatedFile();
    file.write([Buffer.from("old")], 0);
    sync(file, true);
    file.write([Buffer.from("new")], 0);
    sync(file, false);
    sync(file, true);
    expect(contents(file)).toBe("new");
    return file;
  });
  expect([...lost]).toEqual(["old"]);
});

test("what is written again after a failed sync, and synced, is there when power is lost", () => {
  const lost = afterPowerLoss(() => {
    const file = new SimulatedFile();
    file.write([Buffer.from("once more")], 0);
    sync(file, false);
    file.write([Buffer.from("once more")], 0);
    sync(file, true);
    return file;
  });
  expect([...lost]).toEqual(["once more"]);
});

test("a bit that turned stays turned through a loss of power, and can be turned back", () => {
  const file = new SimulatedFile();
  file.write([Buffer.from("synced")], 0);
  sync(file, true);
  expect(file.rot(new Dice(1), "anywhere")).toBeDefined();
  const rotten = contents(file);
  expect(rotten).not.toBe("synced");
  file.losePower(new Dice(1));
  expect(contents(file)).toBe(rotten);
  expect(file.mend()).toBe(true);
  expect(contents(file)).toBe("synced");
  file.losePower(new Dice(1));
  expect(contents(file)).toBe("synced");
});

test("a turned bit in bytes that were written again is not turned back", () => {
  const file = new SimulatedFile();
  file.write([Buffer.from("synced")], 0);
  sync(file, true);
  file.rot(new Dice(1), "anywhere");
  const rotten = contents(file);
  file.write([Buffer.from(rotten)], 0);
  sync(file, true);
  expect(file.mend()).toBe(false);
  expect(contents(file)).toBe(rotten);
});
