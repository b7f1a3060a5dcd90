import { expect, test } from "vitest";
import { ShardEvents } from "./shard-events.ts";

test("an event goes out once per stream and again on the next one until a report that carried it was taken", () => {
  const events = new ShardEvents();
  events.add({ kind: "OPENED", shardUid: 1, epoch: 1 });
  events.add({ kind: "CLOSED", shardUid: 1, epoch: 1 });
  expect(events.take(1, 1)).toHaveLength(1);
  expect(events.take(2, 10)).toMatchObject([{ kind: "CLOSED" }]);
  expect(events.take(3, 10)).toEqual([]);
  events.accepted(1);
  events.resendAll();
  expect(events.take(1, 10)).toMatchObject([{ kind: "CLOSED" }]);
  events.accepted(1);
  expect(events.count).toBe(0);
});

test("a newer event of the same kind replaces one on its way, and is sent itself", () => {
  const events = new ShardEvents();
  events.add({ kind: "OPENED", shardUid: 1, epoch: 1 });
  events.take(1, 10);
  events.add({ kind: "OPENED", shardUid: 1, epoch: 2 });
  events.accepted(1);
  expect(events.take(2, 10)).toMatchObject([{ epoch: 2 }]);
});
