import type { ClusterMapUpdate } from "@millrace/model";
import { beforeEach, expect, test } from "vitest";
import { shardRecord } from "../epoch/testing/epoch-lab.ts";
import type { StateChange } from "../state/cluster-state.ts";
import { ClusterTables } from "../state/cluster-tables.ts";
import { MapLog } from "./map-log.ts";
import { MapWatchers, type MapSink } from "./map-watchers.ts";

const cluster = {
  clusterId: "c",
  tokenKey: "00",
  coordinatorTerm: 1,
  nextStreamUid: 1,
  nextShardUid: 1,
  mapVersion: 1000,
};
let tables = new ClusterTables(cluster);
let log = new MapLog({ tables, isUp: () => true, nowMs: () => 5 });

beforeEach(() => {
  tables = new ClusterTables(cluster);
  log = new MapLog({ tables, isUp: () => true, nowMs: () => 5 });
});

function change(...changes: StateChange[]): void {
  tables.apply(changes);
  log.note(changes);
}
const shard = (uid: number, state: "open" | "dropping" | "ready" = "open"): StateChange => ({
  table: "shard",
  key: uid,
  value: shardRecord({ shardUid: uid, state }),
});
const gone = (uid: number): StateChange => ({ table: "shard", key: uid, value: undefined });

/** Updates in short: `version`, `*` for a snapshot, shards put, shards removed. */
function inWords(updates: readonly ClusterMapUpdate[]): string[] {
  return updates.map(
    ({ version, reset, shards, removedShardUids }) =>
      `${version}${reset ? "*" : ""} +${shards.map((entry) => entry.shardUid).join("")} -${removedShardUids.join("")}`,
  );
}

class Sink implements MapSink {
  readonly got: ClusterMapUpdate[] = [];
  full = false;
  drain: (() => void) | undefined;
  write(update: ClusterMapUpdate): boolean {
    this.got.push(update);
    return !this.full;
  }
  onDrain(callback: () => void): void {
    this.drain = callback;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("changes of one turn are one delta, and only the last state of each record is sent", () => {
  change(shard(1), shard(2));
  change(gone(1));
  expect(log.flush()).toBe(true);
  expect(log.flush()).toBe(false);
  change(shard(3));
  log.flush();
  expect(inWords(log.since(1000))).toEqual(["1001 +2 -1", "1002 +3 -"]);
  expect(inWords(log.since(1001))).toEqual(["1002 +3 -"]);
  expect(log.since(1002)).toEqual([]);
});

test("a holder of nothing, of another term's or of a future version gets a snapshot", () => {
  change(shard(1));
  log.flush();
  for (const version of [0, 999, 5000]) expect(inWords(log.since(version))).toEqual(["1001* +1 -"]);
});

test("a ready shard is still being created to others, one that is dropped is not there", () => {
  change(shard(1, "ready"), shard(2, "dropping"));
  expect(log.snapshot().shards.map((entry) => [entry.shardUid, entry.state])).toEqual([[1, "creating"]]);
  log.flush();
  expect(inWords(log.since(1000))).toEqual(["1001 +1 -2"]);
});

test("deltas beyond the log's limit are forgotten: who misses them gets a snapshot", () => {
  for (let index = 0; index < 1_200; index += 1) {
    change(shard(1));
    log.flush();
  }
  expect(log.since(2_100)).toHaveLength(100);
  expect(log.since(1_200).length).toBe(1_000);
  expect(inWords(log.since(1_199))).toEqual(["2200* +1 -"]);
});

const follower = { holder: "w", protocol: { min: 1, max: 2 } };

test("watchers get a snapshot and then every delta, in order", async () => {
  const watchers = new MapWatchers(log);
  const sink = new Sink();
  const stop = watchers.add(sink, 0, follower);
  change(shard(1));
  watchers.changed();
  change(shard(2));
  watchers.changed();
  await turn();
  change(gone(1));
  watchers.changed();
  await turn();
  expect(inWords(sink.got)).toEqual(["1000* + -", "1001 +12 -", "1002 + -1"]);
  stop?.();
  expect(watchers.count).toBe(0);
});

test("a watcher that is current is told so", () => {
  const sink = new Sink();
  new MapWatchers(log).add(sink, 1000, follower);
  expect(inWords(sink.got)).toEqual(["1000* + -"]);
});

test("a full watcher holds up nobody and catches up when it drains", async () => {
  const watchers = new MapWatchers(log);
  const slow = new Sink();
  const quick = new Sink();
  slow.full = true;
  watchers.add(slow, 0, follower);
  watchers.add(quick, 0, follower);
  for (const uid of [1, 2]) {
    change(shard(uid));
    watchers.changed();
    await turn();
  }
  expect(inWords(slow.got)).toEqual(["1000* + -"]);
  expect(quick.got).toHaveLength(3);
  slow.full = false;
  slow.drain?.();
  expect(inWords(slow.got)).toEqual(["1000* + -", "1001 +1 -", "1002 +2 -"]);
});
