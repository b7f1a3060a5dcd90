import { expect, test } from "vitest";
import { formatCheckpoint, parseCheckpoint, type InitialPosition } from "../lease/checkpoint.ts";
import { leaseKey, type Lease } from "../lease/lease.ts";
import type { ListedShard } from "./coordinator-contract.ts";
import { hasHole, planShardSync } from "./plan-shard-sync.ts";

const HALF = 1n << 127n;
const END = (1n << 128n) - 1n;
const latest: InitialPosition = { type: "LATEST" };
const trimHorizon: InitialPosition = { type: "TRIM_HORIZON" };
const atTime: InitialPosition = { type: "AT_TIMESTAMP", timestampMs: 7 };

/** `id parents? closed?` as `b<a` (parents joined by +), `x` at the end for closed. */
function shard(text: string, start = 0n, end = END): ListedShard {
  const [, shardId = "", parents = "", mark] = /^(\w)(?:<([\w+]+))?(!)?$/.exec(text) ?? [];
  const range = { start: String(start), end: String(end) };
  return {
    stream: "s",
    shardId,
    parents: parents === "" ? [] : parents.split("+"),
    hashRange: range,
    closed: mark !== undefined,
  };
}

function row(shardId: string, checkpoint: string, parents: string[] = [], range?: readonly [bigint, bigint]): Lease {
  return {
    stream: "s",
    shardId,
    parents,
    key: leaseKey("s", shardId),
    checkpoint: parseCheckpoint(checkpoint),
    hashRange: range === undefined ? undefined : { start: String(range[0]), end: String(range[1]) },
    owner: undefined,
    incarnation: undefined,
    fencingToken: 0,
    prepared: undefined,
    children: [],
    handoffTo: undefined,
    ownerSwitches: 0,
    bytesPerSecond: 0,
  };
}

/** What is created, as `id@position`, and what is removed, as `-id`. */
function check(shards: string[], rows: Lease[], initial: InitialPosition, expected: string): void {
  const table = new Map(rows.map((lease) => [lease.key, lease]));
  const plan = planShardSync(
    shards.map((each) => shard(each)),
    table,
    "s",
    initial,
  );
  const made = plan.create.map(({ shardId, checkpoint }) => `${shardId}@${formatCheckpoint(checkpoint)}`);
  expect([...made, ...plan.remove.map((key) => `-${key.slice(2)}`)].join(" ")).toBe(expected);
}

test("a fresh stream begins where it is told", () => {
  const shards = ["a!", "b<a", "c<a"];
  check(shards, [], latest, "b@LATEST c@LATEST");
  check(shards, [], trimHorizon, "a@TRIM_HORIZON b@TRIM_HORIZON c@TRIM_HORIZON");
  check(shards, [], atTime, "a@AT_TIMESTAMP:7 b@AT_TIMESTAMP:7 c@AT_TIMESTAMP:7");
});

test("children of what we read are read from their beginning, however they came to be missing", () => {
  check(["a!", "b<a!", "c<b"], [row("a", "SHARD_END")], latest, "b@TRIM_HORIZON c@TRIM_HORIZON");
  check(["a!", "b<a"], [row("a", "5:0")], latest, "b@TRIM_HORIZON");
  check(["a!", "b<a"], [row("a", "AT_TIMESTAMP:7")], atTime, "b@AT_TIMESTAMP:7");
  check(["a!", "b!", "c<a+b"], [row("a", "SHARD_END"), row("b", "5:0")], trimHorizon, "c@TRIM_HORIZON");
});

test("history is not read again", () => {
  check(["a!", "b<a"], [row("b", "5:0", ["a"])], trimHorizon, "");
  check(["a!", "b<a"], [row("b", "LATEST", ["a"])], latest, "");
  check(["a!", "b<a!", "c<b"], [row("c", "5:0", ["b"])], trimHorizon, "");
});

test("a lost row of a shard whose child has not begun comes back", () => {
  check(["a!", "b<a"], [row("b", "TRIM_HORIZON", ["a"])], trimHorizon, "a@TRIM_HORIZON");
});

test("finished rows stay while their shard is listed", () => {
  check(["a!", "b<a"], [row("a", "SHARD_END"), row("b", "5:0", ["a"])], latest, "");
  check(["b<a"], [row("a", "SHARD_END"), row("b", "5:0", ["a"])], latest, "-a");
  check(["b"], [row("a", "5:0"), row("b", "5:0")], latest, "");
  check([], [row("a", "SHARD_END")], latest, "");
});

test("a hole in the hash keys of unfinished leases is seen", () => {
  const low = row("a", "5:0", [], [0n, HALF - 1n]);
  const high = row("b", "5:0", [], [HALF, END]);
  expect(hasHole([low, high], "s")).toBe(false);
  expect(hasHole([low], "s")).toBe(true);
  expect(hasHole([high], "s")).toBe(true);
  expect(hasHole([], "s")).toBe(true);
  expect(hasHole([low, { ...high, checkpoint: { type: "SHARD_END" } }], "s")).toBe(true);
  // A child that waits for its parent covers what it covers.
  expect(hasHole([low, high, row("c", "TRIM_HORIZON", ["b"], [HALF, END])], "s")).toBe(false);
  expect(hasHole([low, row("c", "5:0")], "s")).toBe(false);
});
