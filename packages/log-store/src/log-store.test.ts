import { afterEach, beforeEach, expect, test } from "vitest";
import {
  openTestStore,
  recordsFrame,
  removeTestDirectories,
  submitted,
  testDirectory,
} from "./testing/store-fixture.ts";

let directory = "";
beforeEach(async () => {
  directory = await testDirectory();
});
afterEach(removeTestDirectories);

test("reads what was submitted, before and after it is durable, and after reopening", async () => {
  const store = await openTestStore(directory);
  const frame = recordsFrame({ shardUid: 7, baseOffset: 0, text: "hello" });
  const durable = submitted(store, [
    { kind: "frame", frame },
    { kind: "state", shardUid: 7, state: Buffer.from("s1") },
  ]);
  expect((await store.read(7, 0, 1000)).frames).toEqual([frame]);
  await durable;
  await store.close();
  const again = await openTestStore(directory);
  expect(again.boot).toBe(2);
  expect(again.nodeId).toBe(store.nodeId);
  expect(again.recovered.get(7)).toMatchObject({ logEnd: frame.header.recordCount, damaged: false, lastFrameKind: 1 });
  expect(Buffer.from(again.recovered.get(7)?.state ?? []).toString()).toBe("s1");
  const [read] = (await again.read(7, 0, 1000)).frames;
  expect(read?.bytes.equals(frame.bytes)).toBe(true);
  await again.close();
});
