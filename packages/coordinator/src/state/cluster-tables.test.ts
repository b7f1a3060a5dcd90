import fc from "fast-check";
import { expect, test } from "vitest";
import { shardRecord } from "../epoch/testing/epoch-lab.ts";
import type { StateChange, StreamRecord } from "./cluster-state.ts";
import { ClusterTables } from "./cluster-tables.ts";
import { decodeRecord, encodeChange } from "./record-codec.ts";

const cluster = {
  clusterId: "c",
  tokenKey: "00",
  coordinatorTerm: 1,
  nextStreamUid: 1,
  nextShardUid: 1,
  mapVersion: 0,
};

function stream(streamUid: number, name: string): StreamRecord {
  return {
    streamUid,
    accountId: "000000000000",
    region: "us-east-1",
    name,
    status: "ACTIVE",
    createdMs: 0,
    mode: "PROVISIONED",
    retentionHours: 24,
    maxRecordSizeInKiB: 1024,
    tags: {},
    shardMetrics: [],
    encryptionKeyId: "",
    policy: "",
    warmThroughputMiBps: 0,
    distribution: "USER_PARTITION_KEY",
    nextShardIndex: 0,
    reshard: undefined,
    activeAtMs: 0,
    modeChangesMs: [],
    shardCountUpdatesMs: [],
    encryptionChangesMs: [],
  };
}

function put(value: StreamRecord): StateChange {
  return { table: "stream", key: value.streamUid, value };
}

function keyOf(shardUid: number): string {
  return encodeChange({ table: "shard", key: shardUid, value: undefined }).key;
}

const shardChange = fc
  .record({
    shardUid: fc.nat(8),
    streamUid: fc.nat(2),
    leader: fc.constantFrom("", "a", "b", "c"),
    state: fc.constantFrom("creating" as const, "open" as const, "closing" as const, "dropping" as const),
    isPlaced: fc.boolean(),
    isRemoved: fc.boolean(),
  })
  .map(({ shardUid, streamUid, leader, state, isPlaced, isRemoved }): StateChange => {
    const placed = shardRecord({ shardUid, streamUid, shardIndex: shardUid, leader, state });
    const value = isPlaced ? placed : { ...placed, set: [], leader: "" };
    return { table: "shard", key: shardUid, value: isRemoved ? undefined : value };
  });

test("the indices are always what the tables say", () => {
  fc.assert(
    fc.property(fc.array(shardChange, { maxLength: 60 }), (changes) => {
      const tables = new ClusterTables(cluster);
      for (const change of changes) tables.apply([change]);
      const all = [...tables.shards.values()].toSorted((a, b) => a.shardIndex - b.shardIndex);
      for (const uid of [0, 1, 2]) expect(tables.shardsOf(uid)).toEqual(all.filter((shard) => shard.streamUid === uid));
      for (const nodeId of ["a", "b", "c"]) {
        const held = all.filter((shard) => shard.set.some((member) => member.nodeId === nodeId));
        expect(new Set(tables.shardsOnNode(nodeId))).toEqual(new Set(held.map((shard) => shard.shardUid)));
        expect(tables.leaderCount(nodeId)).toBe(all.filter((shard) => shard.leader === nodeId).length);
      }
      const unsettled = all.filter((shard) => shard.state !== "open").map((shard) => shard.shardUid);
      expect(new Set(tables.unsettledShards)).toEqual(new Set(unsettled));
    }),
  );
});

test("a name belongs to the newest stream that took it", () => {
  const tables = new ClusterTables(cluster);
  tables.apply([put(stream(1, "s")), put(stream(2, "s"))]);
  tables.apply([{ table: "stream", key: 1, value: undefined }]);
  expect(tables.streamsByName.get("000000000000/us-east-1/s")?.streamUid).toBe(2);
  tables.apply([{ table: "stream", key: 2, value: undefined }]);
  expect(tables.streamsByName.size).toBe(0);
});

test("records come back from their bytes, and numeric keys sort by number", () => {
  const account = {
    accountId: "1",
    region: "r",
    commitment: "DISABLED",
    commitmentStartedMs: 0,
    commitmentEndedMs: 0,
  } as const;
  const changes: StateChange[] = [
    { table: "cluster", key: "cluster", value: cluster },
    { table: "stream", key: 12, value: stream(12, "s") },
    { table: "shard", key: 9, value: shardRecord({ shardUid: 9 }) },
    { table: "account", key: "1/r", value: account },
  ];
  for (const change of changes) {
    const { key, value } = encodeChange(change);
    expect(decodeRecord(key, value ?? new Uint8Array())).toEqual(change);
  }
  expect([keyOf(9), keyOf(10), keyOf(100)]).toEqual([keyOf(100), keyOf(10), keyOf(9)].toSorted());
});

test("foreign or damaged records are refused", () => {
  expect(() => decodeRecord("unknown/1", Buffer.from("{}"))).toThrow("DAMAGED");
  expect(() => decodeRecord("shard/1", Buffer.from("{"))).toThrow("DAMAGED");
});
