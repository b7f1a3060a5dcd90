import { afterEach, describe, expect, test } from "vitest";
import { logStoreContract } from "./contract.ts";
import type { LogStore } from "./log-store-contract.ts";
import {
  openTestStore,
  recordsFrame,
  removeTestDirectories,
  submitted,
  testDirectory,
} from "./testing/store-fixture.ts";

afterEach(removeTestDirectories);

describe.each([
  { name: "large segments and a tail cache", sizes: {} },
  { name: "small segments and no tail cache", sizes: { segmentBytes: 500, tailCacheBytes: 0 } },
])("with $name", ({ sizes }) =>
  logStoreContract(async () => {
    const directory = await testDirectory();
    let store: LogStore | undefined;
    return {
      open: async () => {
        await store?.close();
        store = await openTestStore(directory, sizes);
        return store;
      },
    };
  }),
);

test("a store in use cannot be opened again and is not harmed by the attempt", async () => {
  const directory = await testDirectory();
  const store = await openTestStore(directory);
  await expect(openTestStore(directory)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await submitted(store, [{ kind: "frame", frame: recordsFrame({ shardUid: 1, baseOffset: 0, text: "kept" }) }]);
  await store.close();
  const again = await openTestStore(directory);
  expect(again.boot).toBe(2);
  expect((await again.read(1, 0, 100)).frames).toHaveLength(1);
});

test("a frame that does not begin at its log's end, or a cut inside a frame, is a defect of the caller", async () => {
  const store = await openTestStore(await testDirectory());
  await submitted(store, [{ kind: "frame", frame: recordsFrame({ shardUid: 1, baseOffset: 0, text: "x" }) }]);
  const gap = recordsFrame({ shardUid: 1, baseOffset: 5, text: "gap" });
  expect(() => store.submit([{ kind: "frame", frame: gap }], () => undefined)).toThrow(/log's end/);
  const cut = { kind: "truncate", shardUid: 1, logEnd: 2, resetTo: -1 } as const;
  expect(() => store.submit([cut], () => undefined)).toThrow(/between frames/);
});
