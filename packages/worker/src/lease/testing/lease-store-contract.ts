/** What every {@link LeaseStore} does, as tests: run over the memory store and over real Redis. */
import { expect, test } from "vitest";
import { checkpointAt, formatCheckpoint, type Checkpoint } from "../checkpoint.ts";
import { leaseKey, type Lease, type LeaseGrant } from "../lease.ts";
import type { LeaseStore, NewLease, RenewAnswer, RenewRequest } from "../lease-store.ts";

/** What a run of the suite brings. */
export interface LeaseStoreSubject {
  /** Two opened stores over the same fresh table. */
  open(): Promise<readonly [LeaseStore, LeaseStore]>;
  /** Lets at least `ms` pass for the store. */
  pass(ms: number): Promise<void>;
}

const TTL_MS = 2_000;
const A = leaseKey("orders", "shardId-000000000000");
const trimHorizon: Checkpoint = { type: "TRIM_HORIZON" };

function shard(index: number, more: Partial<NewLease> = {}): NewLease {
  const shardId = `shardId-${String(index).padStart(12, "0")}`;
  return { stream: "orders", shardId, parents: [], hashRange: undefined, checkpoint: trimHorizon, ...more };
}

function beat(store: LeaseStore, worker: string, more: Partial<RenewRequest> = {}): Promise<RenewAnswer> {
  return store.renew({ worker, ttlMs: TTL_MS, held: [], cursor: undefined, turns: [], ...more });
}

/** How often something that may go unheard is done, at most. */
const TRIES = Array.from({ length: 40 }, (_, index) => index + 1);

let takings = 0;

/** A heartbeat and the attempt to take `key`: the lease, or why not. */
async function take(store: LeaseStore, worker: string, key: string = A): Promise<Lease | string> {
  await beat(store, worker);
  const [answer] = await store.acquire({ worker, incarnation: `taking-${(takings += 1)}`, keys: [key] });
  if (answer === undefined) return "no answer";
  return "lease" in answer ? answer.lease : answer.refused;
}

async function taken(store: LeaseStore, worker: string, key: string = A): Promise<Lease> {
  const lease = await take(store, worker, key);
  if (typeof lease === "string") throw new Error(`${key} was refused: ${lease}`);
  return lease;
}

function grantOf({ key, incarnation = "", fencingToken }: Lease): LeaseGrant {
  return { key, incarnation, fencingToken };
}

async function save(store: LeaseStore, lease: Lease, sequenceNumber: string, subSequenceNumber = 0): Promise<unknown> {
  const [answer] = await store.checkpoint([{ ...grantOf(lease), position: { sequenceNumber, subSequenceNumber } }]);
  return answer;
}

async function stored(store: LeaseStore, key: string = A): Promise<Lease | undefined> {
  return (await store.list()).leases.find((lease) => lease.key === key);
}

async function positionOf(store: LeaseStore, key: string = A): Promise<string> {
  const lease = await stored(store, key);
  return lease === undefined ? "absent" : formatCheckpoint(lease.checkpoint);
}

/** Declares the suite. */
export function describeLeaseStore(subject: LeaseStoreSubject): void {
  test("creates what is absent and says what it created", async () => {
    const [store, other] = await subject.open();
    const range = { start: "0", end: "340282366920938463463374607431768211455" };
    expect(await store.create([shard(0, { hashRange: range, parents: ["shardId-9", "shardId-8"] })])).toEqual([A]);
    expect(await other.create([shard(0, { checkpoint: { type: "LATEST" } })])).toEqual([]);
    expect(await stored(other)).toEqual({
      ...shard(0, { hashRange: range, parents: ["shardId-9", "shardId-8"] }),
      key: A,
      owner: undefined,
      incarnation: undefined,
      fencingToken: 0,
      prepared: undefined,
      children: [],
      handoffTo: undefined,
      ownerSwitches: 0,
      bytesPerSecond: 0,
    });
  });

  test("one worker holds a lease; another takes it when the heartbeat has run out, with a greater token", async () => {
    const [a, b] = await subject.open();
    await a.create([shard(0)]);
    const first = await taken(a, "a");
    expect(first).toMatchObject({ owner: "a", ownerSwitches: 1 });
    expect(await take(b, "b")).toBe("held");
    await subject.pass(TTL_MS + 100);
    const second = await taken(b, "b");
    expect(second).toMatchObject({ owner: "b", ownerSwitches: 2 });
    expect(second.fencingToken).toBeGreaterThan(first.fencingToken);
    expect((await beat(a, "a", { held: [grantOf(first)] })).lost).toEqual([A]);
    expect((await beat(b, "b", { held: [grantOf(second)] })).lost).toEqual([]);
  });

  test("a worker without heartbeat takes nothing", async () => {
    const [store] = await subject.open();
    await store.create([shard(0)]);
    const attempt = store.acquire({ worker: "a", incarnation: "i", keys: [A] });
    await expect(attempt).rejects.toMatchObject({ code: "CONFLICT", ids: { reason: "not-live" } });
  });

  test("a heartbeat keeps every lease of its worker", async () => {
    const [a, b] = await subject.open();
    await a.create([shard(0)]);
    await taken(a, "a");
    for (let round = 0; round < 3; round += 1) {
      await subject.pass(TTL_MS * 0.6);
      expect((await beat(a, "a")).workers.map(({ worker }) => worker)).toContain("a");
    }
    expect(await take(b, "b")).toBe("held");
  });

  test("positions only grow, compared as digits and not as numbers", async () => {
    const [store] = await subject.open();
    await store.create([shard(0)]);
    const lease = await taken(store, "a");
    const near = "49590338271490256608559692538361571095921575989136588898";
    const after = "49590338271490256608559692538361571095921575989136588899";
    expect(await save(store, lease, near, 1)).toBe("stored");
    expect(await save(store, lease, near, 1)).toBe("stored");
    expect(await save(store, lease, near, 0)).toBe("behind");
    expect(await save(store, lease, near, 12)).toBe("stored");
    expect(await save(store, lease, near, 3)).toBe("behind");
    expect(await save(store, lease, after)).toBe("stored");
    expect(await save(store, lease, near, 99)).toBe("behind");
    expect(await save(store, lease, "9")).toBe("behind");
    expect(await positionOf(store)).toBe(`${after}:0`);
  });

  test("a former owner moves nothing, whatever became of the lease", async () => {
    const [a, b] = await subject.open();
    await a.create([shard(0)]);
    const first = await taken(a, "a");
    await save(a, first, "5");
    await a.release({ leases: [{ ...grantOf(first), to: undefined }] });
    expect(await save(a, first, "6")).toBe("lost");
    const second = await taken(b, "b");
    expect(await save(a, first, "7")).toBe("lost");
    expect(await a.finish({ ...grantOf(first), children: [] })).toBe("lost");
    await a.release({ leases: [{ ...grantOf(first), to: "a" }] });
    expect(await stored(b)).toMatchObject({ owner: "b", checkpoint: { sequenceNumber: "5" } });
    expect(await save(b, { ...second, fencingToken: first.fencingToken }, "8")).toBe("lost");
    expect(await save(b, { ...second, incarnation: first.incarnation }, "8")).toBe("lost");
    await b.release({ leases: [{ ...grantOf(second), to: undefined }] });
    await b.delete([A]);
    expect(await save(b, second, "9")).toBe("lost");
    expect(await positionOf(a)).toBe("absent");
  });

  test("an expired owner may still store what it has done until somebody else takes the lease", async () => {
    const [a, b] = await subject.open();
    await a.create([shard(0)]);
    const lease = await taken(a, "a");
    await subject.pass(TTL_MS + 100);
    expect(await save(a, lease, "5")).toBe("stored");
    await taken(b, "b");
    expect(await save(a, lease, "6")).toBe("lost");
  });

  test("many checkpoints in one request answer one by one", async () => {
    const [store] = await subject.open();
    await store.create([shard(0), shard(1)]);
    const lease = await taken(store, "a");
    const position = { sequenceNumber: "4", subSequenceNumber: 0 };
    const stranger = { key: leaseKey("orders", "shardId-000000000001"), incarnation: "x", fencingToken: 1, position };
    const behind = { sequenceNumber: "3", subSequenceNumber: 0 };
    const requests = [{ ...grantOf(lease), position }, stranger, { ...grantOf(lease), position: behind }];
    expect(await store.checkpoint(requests)).toEqual(["stored", "lost", "behind"]);
  });

  test("what was prepared reaches the next owner until a checkpoint passes it", async () => {
    const [a, b] = await subject.open();
    await a.create([shard(0)]);
    const first = await taken(a, "a");
    const prepare = { position: { sequenceNumber: "7", subSequenceNumber: 2 }, state: "file-17 [] {} \"' ü" };
    expect(await a.checkpoint([{ ...grantOf(first), position: undefined, prepare }])).toEqual(["stored"]);
    expect(await save(a, first, "7", 1)).toBe("stored");
    await a.release({ leases: [{ ...grantOf(first), to: undefined }] });
    const second = await taken(b, "b");
    expect(second.prepared).toMatchObject(prepare);
    await save(b, second, "7", 2);
    expect((await stored(b))?.prepared).toBeUndefined();
  });

  test("owners since the last checkpoint are counted", async () => {
    const [store] = await subject.open();
    await store.create([shard(0)]);
    for (let owners = 1; owners <= 3; owners += 1) {
      const lease = await taken(store, "a");
      expect(lease.ownerSwitches).toBe(owners);
      if (owners === 3) await save(store, lease, "1");
      await store.release({ leases: [{ ...grantOf(lease), to: undefined }] });
    }
    expect((await stored(store))?.ownerSwitches).toBe(0);
  });

  test("a lease taken at LATEST goes on from its first taking when its owner stored nothing", async () => {
    const [store] = await subject.open();
    await store.create([shard(0, { checkpoint: { type: "LATEST" } })]);
    const first = await taken(store, "a");
    expect(first.checkpoint).toEqual({ type: "LATEST" });
    await subject.pass(10);
    await store.release({ leases: [{ ...grantOf(first), to: undefined }] });
    const second = await taken(store, "a");
    expect(second.checkpoint).toEqual({ type: "AT_TIMESTAMP", timestampMs: first.fencingToken });
    await save(store, second, "3");
    await store.release({ leases: [{ ...grantOf(second), to: undefined }] });
    expect((await taken(store, "a")).checkpoint).toEqual(checkpointAt({ sequenceNumber: "3", subSequenceNumber: 0 }));
  });

  test("children begin after all their parents have ended, and the end is final", async () => {
    const [a, b] = await subject.open();
    await a.create([shard(0), shard(1)]);
    const child = { ...shard(2), parents: ["shardId-000000000000", "shardId-000000000001"] };
    const C = leaseKey("orders", child.shardId);
    const first = await taken(a, "a");
    expect(await a.finish({ ...grantOf(first), children: [child] })).toBe("stored");
    expect(await a.finish({ ...grantOf(first), children: [child] })).toBe("stored");
    expect(await stored(b)).toMatchObject({
      owner: undefined,
      children: [child.shardId],
      checkpoint: { type: "SHARD_END" },
    });
    expect([await take(b, "b"), await take(b, "b", C)]).toEqual(["finished", "parents"]);
    expect(await save(a, first, "99")).toBe("lost");
    const second = await taken(b, "b", leaseKey("orders", "shardId-000000000001"));
    await b.finish({ ...grantOf(second), children: [child] });
    expect(await taken(a, "a", C)).toMatchObject({ checkpoint: trimHorizon, parents: child.parents });
  });

  test("a child whose parents' rows are gone may begin", async () => {
    const [store] = await subject.open();
    await store.create([shard(2, { parents: ["shardId-000000000000"] })]);
    expect(await take(store, "a", leaseKey("orders", "shardId-000000000002"))).toMatchObject({ owner: "a" });
  });

  test("an owner asked to hand over sees it; the lease waits a moment for its next owner", async () => {
    const [a, b] = await subject.open();
    await a.create([shard(0)]);
    const lease = await taken(a, "a");
    const { cursor } = await beat(a, "a");
    await beat(b, "b");
    await beat(b, "c");
    await b.requestHandoff({ to: "b", leases: [{ key: A, incarnation: lease.incarnation ?? "" }] });
    expect((await beat(a, "a", { cursor })).leases).toMatchObject([{ key: A, owner: "a", handoffTo: "b" }]);
    expect(await save(a, lease, "5")).toBe("stored");
    await a.release({ leases: [{ ...grantOf(lease), to: "b" }] });
    expect(await take(a, "c")).toBe("reserved");
    expect(await taken(b, "b")).toMatchObject({ owner: "b", handoffTo: undefined });
  });

  test("a reservation ends by itself, and at once when its worker is gone", async () => {
    const [a, b] = await subject.open();
    await a.create([shard(0), shard(1)]);
    await beat(b, "b");
    for (const key of [A, leaseKey("orders", "shardId-000000000001")]) {
      await a.release({ leases: [{ ...grantOf(await taken(a, "a", key)), to: "b" }] });
    }
    await b.release({ leases: [], leaving: "b" });
    await taken(a, "a");
    await beat(b, "b");
    expect(await take(a, "a", leaseKey("orders", "shardId-000000000001"))).toBe("reserved");
    await subject.pass(2_100);
    await taken(a, "a", leaseKey("orders", "shardId-000000000001"));
  });

  test("a hand-over asked of an earlier taking is left alone", async () => {
    const [a, b] = await subject.open();
    await a.create([shard(0)]);
    const first = await taken(a, "a");
    await a.release({ leases: [{ ...grantOf(first), to: undefined }] });
    await taken(a, "a");
    await b.requestHandoff({ to: "b", leases: [{ key: A, incarnation: first.incarnation ?? "" }] });
    expect((await stored(a))?.handoffTo).toBeUndefined();
  });

  test("a cursor gives what changed since, checkpoints aside", async () => {
    const [a, b] = await subject.open();
    await a.create([shard(0), shard(1), shard(2)]);
    const whole = await beat(b, "b");
    expect([whole.complete, whole.leases.length]).toEqual([true, 3]);
    const lease = await taken(a, "a");
    await save(a, lease, "1");
    await a.delete([leaseKey("orders", "shardId-000000000002")]);
    const next = await beat(b, "b", { cursor: whole.cursor });
    expect(next.complete).toBe(false);
    expect(next.leases.map(({ key, owner }) => [key, owner])).toEqual([[A, "a"]]);
    expect(next.deleted).toEqual([leaseKey("orders", "shardId-000000000002")]);
    const { cursor } = next;
    await save(a, lease, "2");
    expect(await beat(b, "b", { cursor })).toMatchObject({ leases: [], deleted: [] });
    await beat(a, "a", { held: [{ ...grantOf(lease), bytesPerSecond: 1234.5 }] });
    expect((await beat(b, "b", { cursor })).leases).toMatchObject([{ key: A, bytesPerSecond: 1234.5 }]);
  });

  test("a heartbeat tells which leases are gone from the table and who lives", async () => {
    const [a, b] = await subject.open();
    await a.create([shard(0)]);
    const lease = await taken(a, "a");
    await beat(b, "b");
    await b.release({ leases: [], leaving: "b" });
    await b.reset({ key: A, checkpoint: undefined, force: true });
    await b.delete([A]);
    const answer = await beat(a, "a", { held: [grantOf(lease)] });
    expect([answer.missing, answer.lost]).toEqual([[A], []]);
    expect(answer.workers.map(({ worker }) => worker)).toEqual(["a"]);
    expect(answer.workers[0]?.remainingMs).toBeGreaterThan(TTL_MS / 2);
  });

  test("what a live worker holds is not deleted", async () => {
    const [a, b] = await subject.open();
    await a.create([shard(0)]);
    await taken(a, "a");
    await b.delete([A]);
    expect(await positionOf(b)).toBe("TRIM_HORIZON");
  });

  test("of all workers one has a turn in each period", async () => {
    const [a, b] = await subject.open();
    const turns = [{ name: "sync:orders", periodMs: 1_000 }];
    const both = [await beat(a, "a", { turns }), await beat(b, "b", { turns })];
    expect(both.map((each) => each.turns)).toEqual([["sync:orders"], []]);
    await subject.pass(1_050);
    expect((await beat(b, "b", { turns })).turns).toEqual(["sync:orders"]);
    expect((await beat(a, "a", { turns })).turns).toEqual([]);
  });

  test("an operator resets a stopped application, a running one by force", async () => {
    const [a, b] = await subject.open();
    await a.create([shard(0)]);
    const lease = await taken(a, "a");
    await save(a, lease, "50");
    const request = { key: A, checkpoint: checkpointAt({ sequenceNumber: "7", subSequenceNumber: 0 }), force: false };
    expect(await b.reset(request)).toBe("live");
    expect(await b.reset({ ...request, force: true })).toBe("done");
    expect(await save(a, lease, "51")).toBe("lost");
    expect(await positionOf(b)).toBe("7:0");
    await a.release({ leases: [], leaving: "a" });
    expect(await b.reset({ ...request, checkpoint: trimHorizon })).toBe("done");
    expect(await positionOf(b)).toBe("TRIM_HORIZON");
    expect(await b.reset({ ...request, key: "orders/shardId-7" })).toBe("missing");
  });

  test("releasing, finishing and joining wake the others", async () => {
    const [a, b] = await subject.open();
    await a.create([shard(0), ...TRIES.map((index) => shard(index))]);
    let lease = await taken(a, "a");
    const finishing: LeaseGrant[] = [];
    for (const index of TRIES) finishing.push(grantOf(await taken(a, "a", leaseKey("orders", shard(index).shardId))));
    let wakes = 0;
    b.onWake(() => (wakes += 1));
    // A wake is a hint that may be lost, and listening begins some time after it was asked for.
    const heard = async (act: (attempt: number) => Promise<unknown>): Promise<boolean> => {
      await subject.pass(50);
      wakes = 0;
      for (const attempt of TRIES) {
        await act(attempt);
        await subject.pass(50);
        if (wakes > 0) return true;
      }
      return false;
    };
    const release = async (): Promise<void> => {
      await a.release({ leases: [{ ...grantOf(lease), to: undefined }] });
      lease = await taken(a, "a");
    };
    expect(await heard(release)).toBe(true);
    expect(await heard((attempt) => beat(a, `joins-${attempt}`))).toBe(true);
    const finish = async (): Promise<void> => {
      const grant = finishing.shift();
      if (grant !== undefined) await a.finish({ ...grant, children: [] });
    };
    expect(await heard(finish)).toBe(true);
  });
}
