import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openKeyValueStore } from "@millrace/log-store";
import { etcdIsInstalled, launchEtcd, type LaunchedEtcd } from "@millrace/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { shardRecord } from "../epoch/testing/epoch-lab.ts";
import type { StateChange } from "../state/cluster-state.ts";
import { openEmbeddedMetadataStore } from "./embedded-metadata-store.ts";
import { openMemoryMetadataStore } from "./memory-metadata-store.ts";
import type { MetadataStore } from "./metadata-store.ts";
import { electedStore } from "./testing/elected-store.ts";
import { MAP_VERSIONS_PER_TERM, openClusterTables } from "./open-cluster-tables.ts";

let directory = "";
let memory = new Map<string, Uint8Array>();
let prefixes = 0;
const hasEtcd = etcdIsInstalled();
let etcd: LaunchedEtcd | undefined;
beforeAll(async () => {
  if (hasEtcd) etcd = await launchEtcd();
}, 30_000);
afterAll(() => etcd?.stop());
beforeEach(async () => {
  memory = new Map();
  prefixes += 1;
  directory = await mkdtemp(join(tmpdir(), "metadata-"));
});
afterEach(() => rm(directory, { recursive: true }));

const adapters: [string, boolean, () => Promise<MetadataStore>][] = [
  ["memory", true, () => Promise.resolve(openMemoryMetadataStore(memory))],
  ["embedded", true, async () => openEmbeddedMetadataStore(await openKeyValueStore(directory))],
  ["etcd, skipped where it is not installed", hasEtcd, () => electedStore(etcd?.endpoint ?? "", `/test/${prefixes}`)],
];

const node: StateChange = { table: "node", key: "n1", value: { nodeId: "n1", zone: "a", address: "h:1", boot: 3 } };
const shard = (uid: number): StateChange => ({ table: "shard", key: uid, value: shardRecord({ shardUid: uid }) });
const random = { bytes: (count: number) => new Uint8Array(count).fill(7), uuid: () => "cluster-uuid", float: () => 0 };

describe.each(adapters)("a metadata store (%s)", (_name, isInstalled, open) => {
  beforeEach(({ skip }) => skip(!isInstalled, "etcd is not installed (apt-get install etcd-server)"));

  test("answers what was committed, also after reopening", async () => {
    const store = await open();
    expect(await store.load()).toEqual([]);
    await store.commit([node, shard(2), shard(10)]);
    await store.close();
    await store.close();
    await using again = await open();
    expect(new Set(await again.load())).toEqual(new Set([node, shard(2), shard(10)]));
  });

  test("replaces and removes records, whatever their table's name begins with", async () => {
    await using store = await open();
    const tombstone = { replicaUuid: "u", nodeId: "n1", shardUid: 2, epoch: 3 };
    await store.commit([node, shard(2), { table: "tombstone", key: "u", value: tombstone }]);
    await store.commit([{ table: "shard", key: 2, value: undefined }, node]);
    expect(await store.load()).toEqual([node, { table: "tombstone", key: "u", value: tombstone }]);
  });

  test("takes a commit of thousands of records whole, and the last change of a key counts", async () => {
    const many = Array.from({ length: 3_000 }, (_, uid) => shard(uid));
    const store = await open();
    await store.commit([node, ...many]);
    await store.commit([
      ...many.slice(1).map(({ key }) => ({ table: "shard", key, value: undefined }) as StateChange),
      shard(7),
    ]);
    await store.commit([{ ...node, value: undefined }, node]);
    await store.close();
    await using again = await open();
    expect(new Set(await again.load())).toEqual(new Set([node, shard(0), shard(7)]));
  });

  test("refuses use after close", async () => {
    const store = await open();
    await store.close();
    await expect(store.commit([node])).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await expect(store.load()).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  test("a cluster keeps its identity and each opening begins a higher term with higher map versions", async () => {
    const first = await open();
    const tables = await openClusterTables(first, random);
    expect(tables.cluster).toMatchObject({ clusterId: "cluster-uuid", coordinatorTerm: 1, nextShardUid: 1 });
    await first.commit([node, shard(2)]);
    await first.close();
    await using second = await open();
    const again = await openClusterTables(second, { ...random, uuid: () => "another" });
    expect(again.cluster).toEqual({
      ...tables.cluster,
      coordinatorTerm: 2,
      mapVersion: 2 * MAP_VERSIONS_PER_TERM,
    });
    expect(again.nodes.get("n1")).toEqual(node.value);
    expect(again.shardsOf(1)).toHaveLength(1);
    expect([...again.shardsOnNode("b")]).toEqual([2]);
  });
});
