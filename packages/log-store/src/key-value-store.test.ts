import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openKeyValueStore } from "./key-value-store.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "key-value-"));
});
afterEach(() => rm(directory, { recursive: true }));

test("reads what was written, also after reopening", async () => {
  const store = await openKeyValueStore(join(directory, "a/b"));
  await store.write([{ key: "stream/1", value: Buffer.from("one") }], { sync: true });
  await store.write(
    [
      { key: "stream/2", value: new Uint8Array([2]) },
      { key: "stream/3", value: Buffer.alloc(0) },
    ],
    { sync: false },
  );
  await store.close();
  await store.close();
  await using again = await openKeyValueStore(join(directory, "a/b"));
  expect((await again.get("stream/1"))?.toString()).toBe("one");
  expect(await again.get("stream/3")).toEqual(Buffer.alloc(0));
  expect(await again.get("stream/4")).toBeUndefined();
});

test("lists a range in byte order without its end, and deletes atomically with writes", async () => {
  await using store = await openKeyValueStore(directory);
  const keys = ["b", "a/ä", "a/z", "a/10", "a/2", "a0"];
  await store.write(
    keys.map((key) => ({ key, value: Buffer.from(key) })),
    { sync: false },
  );
  await store.write(
    [
      { key: "a/z", value: undefined },
      { key: "a/3", value: Buffer.from("new") },
    ],
    { sync: true },
  );
  const found = await store.range("a/", "a0");
  expect(found.map(({ key, value }) => `${key}=${value.toString()}`)).toEqual([
    "a/10=a/10",
    "a/2=a/2",
    "a/3=new",
    "a/ä=a/ä",
  ]);
  expect(await store.range("x", "x")).toEqual([]);
});

test("refuses a second open, use after close and empty keys", async () => {
  const store = await openKeyValueStore(directory);
  await expect(openKeyValueStore(directory)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await expect(store.get("")).rejects.toMatchObject({ code: "USAGE" });
  await store.close();
  await expect(store.get("a")).rejects.toMatchObject({ code: "UNAVAILABLE" });
});
