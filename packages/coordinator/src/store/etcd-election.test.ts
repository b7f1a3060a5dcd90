import { ServiceError } from "@millrace/base";
import { EtcdClient, type EtcdTransaction, type EtcdTransactionResult } from "@millrace/rpc";
import { realClock } from "@millrace/runtime";
import { etcdIsInstalled, launchEtcd, type LaunchedEtcd } from "@millrace/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { shardRecord } from "../epoch/testing/epoch-lab.ts";
import type { StateChange } from "../state/cluster-state.ts";
import { encodeChange } from "../state/record-codec.ts";
import { chunkKey, encodeChunk, etcdLayout } from "./etcd-layout.ts";
import { EtcdMetadataStore } from "./etcd-metadata-store.ts";
import type { MetadataElection } from "./metadata-election.ts";
import { candidate, elected } from "./testing/elected-store.ts";

const shard = (uid: number, epoch = 1): StateChange => ({
  table: "shard",
  key: uid,
  value: shardRecord({ shardUid: uid, epoch }),
});

describe.skipIf(!etcdIsInstalled())("the election in etcd (skipped without etcd: apt-get install etcd-server)", () => {
  let etcd: LaunchedEtcd | undefined;
  let client = new EtcdClient({ endpoints: ["http://127.0.0.1:1"] });
  let layout = etcdLayout("/test");
  let candidates: MetadataElection[] = [];
  let prefixes = 0;
  beforeAll(async () => {
    etcd = await launchEtcd();
    client = new EtcdClient({ endpoints: [etcd.endpoint] });
  }, 30_000);
  afterAll(async () => {
    client.close();
    await etcd?.stop();
  });
  beforeEach(() => {
    prefixes += 1;
    layout = etcdLayout(`/test/${prefixes}`);
  });
  afterEach(async () => {
    await Promise.all(candidates.map((each) => each.close()));
    candidates = [];
  });
  const stand = (address: string): MetadataElection => {
    const election = candidate(etcd?.endpoint ?? "", `/test/${prefixes}`, address);
    candidates.push(election);
    return election;
  };
  const openElection = (): Promise<unknown> =>
    client.transact({ conditions: [], writes: [{ remove: layout.election }] });

  test("one of several is elected, and another when that one gives it back", async () => {
    const all = ["a:1", "b:1", "c:1"].map(stand);
    const campaigns = all.map((each) => elected(each));
    const first = await Promise.race(campaigns);
    expect(first.isValid()).toBe(true);
    await first.store.commit([shard(1)]);
    await first.store.close();
    expect(first.isValid()).toBe(false);
    expect(await first.over).toBe("given back");
    const second = await Promise.race(
      campaigns.map(async (each) => ((await each) === first ? new Promise<never>(() => {}) : each)),
    );
    expect(await second.store.load()).toEqual([shard(1)]);
  });

  test("a deposed coordinator that believes it still rules cannot write, by whatever way", async () => {
    const old = await elected(stand("old:1"));
    await old.store.commit([shard(1)]);
    await openElection();
    const young = await elected(stand("young:1"));
    expect(old.isValid()).toBe(true);
    await expect(old.store.commit([shard(1, 9)])).rejects.toMatchObject({ code: "CONFLICT" });
    const large = Array.from({ length: 500 }, (_, uid) => shard(uid, 9));
    await expect(old.store.commit(large)).rejects.toMatchObject({ code: "CONFLICT" });
    await young.store.commit([shard(2)]);
    await expect(old.store.commit([shard(2, 9)])).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await young.store.load()).toEqual([shard(1), shard(2)]);
  });

  test("a mandate ends when its lease is gone, and the same candidate can be elected again", async () => {
    const election = stand("a:1");
    const first = await elected(election);
    const [key] = (await client.range({ from: layout.commit })).pairs;
    await client.revokeLease(Number(key?.value.toString().split("/")[1]));
    expect(await first.over).toBe("the lease ran out in etcd");
    await expect(first.store.commit([shard(1)])).rejects.toMatchObject({ code: "CONFLICT" });
    const second = await elected(election);
    await second.store.commit([shard(2)]);
    expect(await second.store.load()).toEqual([shard(2)]);
  });

  test("a decided large commit is carried out by the next elected, an undecided one is not", async () => {
    const put = shard(1);
    const chunk = encodeChunk([put, shard(2)].map(encodeChange));
    await client.transact({ conditions: [], writes: [{ put: chunkKey(layout, 0), value: chunk }] });
    const first = await elected(stand("a:1"));
    expect(await first.store.load()).toEqual([]);
    await first.store.close();
    await client.transact({ conditions: [], writes: [{ put: layout.pendingCount, value: "1" }] });
    const second = await elected(stand("b:1"));
    expect(await second.store.load()).toEqual([shard(1), shard(2)]);
    await second.store.commit([shard(2, 5)]);
    expect(await second.store.load()).toEqual([shard(1), shard(2, 5)]);
    expect((await client.range({ from: layout.pending, to: `${layout.pending}~` })).pairs).toEqual([]);
  });

  test("an attempt whose answer is lost counts once, also when it arrives long after", async () => {
    const late: (() => Promise<EtcdTransactionResult>)[] = [];
    let fault: "answer" | "delay" | "refuse" | undefined;
    const lossy = Object.assign(Object.create(client) as EtcdClient, {
      range: (query: Parameters<EtcdClient["range"]>[0]) => client.range(query),
      transact: async (transaction: EtcdTransaction) => {
        const now = fault;
        fault = undefined;
        if (now === "refuse") throw new ServiceError("OVERLOADED", "no space");
        if (now === "delay") late.push(() => client.transact(transaction));
        else {
          const result = await client.transact(transaction);
          if (now === undefined) return result;
        }
        throw new ServiceError("DEADLINE", "no answer");
      },
    });
    const { revision } = await client.transact({
      conditions: [],
      writes: [
        { put: layout.election, value: "x" },
        { put: layout.commit, value: "x" },
      ],
    });
    const resign = (): Promise<void> => Promise.resolve();
    const mandate = { layout, clock: realClock, electedRevision: revision, commitId: "x", isValid: () => true, resign };
    const store = new EtcdMetadataStore({ ...mandate, client: lossy });
    fault = "answer";
    await store.commit([shard(1)]);
    fault = "delay";
    await store.commit([shard(1, 2)]);
    await store.commit([shard(1, 3)]);
    expect(await Promise.all(late.map((attempt) => attempt()))).toMatchObject([{ done: false }]);
    expect(await store.load()).toEqual([shard(1, 3)]);
    fault = "refuse";
    await expect(store.commit([shard(1, 4)])).rejects.toMatchObject({ code: "OVERLOADED" });
    // Whatever became of it, nothing is built upon it.
    await expect(store.commit([shard(1, 5)])).rejects.toMatchObject({ code: "OVERLOADED" });
  });
});
