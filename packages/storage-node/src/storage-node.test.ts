import { afterEach, expect, test, vi } from "vitest";
import { realClock } from "@millrace/runtime";
import { createReplica, initialReplicaState, type ReplicaContract } from "@millrace/replication";
import type { ReadChunk__Output, ReplicaResults__Output, SealReplies__Output } from "@millrace/rpc";
import { textsOf } from "./testing/small-gateway.ts";
import { ThreeNodes, type ThreeNodesOptions } from "./testing/three-nodes.ts";

// Generous for machines that do much else; each takes well below a second of work.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let cluster: ThreeNodes | undefined;
const start = async (options: ThreeNodesOptions = {}): Promise<ThreeNodes> => {
  cluster = await ThreeNodes.start(options);
  return cluster;
};
afterEach(async () => {
  await cluster?.close();
  cluster = undefined;
});

const numbered = (from: number, count: number): string[] => Array.from({ length: count }, (_, i) => `r${from + i}`);

test("what is appended is read back, in order, from the leader", async () => {
  const nodes = await start();
  const leader = nodes.to(nodes.ids[0]);
  const first = await leader.append(1, ["a", "b"]);
  const second = await leader.append(1, ["c"]);
  expect(first).toMatchObject({ status: "STATUS_OK", baseOffset: 0, acceptedCount: 2 });
  expect(second).toMatchObject({ status: "STATUS_OK", baseOffset: 2, acceptedCount: 1 });
  const read = await leader.read({ shardUid: 1, fromOffset: 1 });
  expect(read.texts).toEqual(["b", "c"]);
  expect(read.last).toMatchObject({ status: "STATUS_OK", nextOffset: 3, millisBehindLatest: 0, endOfShard: false });
});

test("reads stop at the number of records and of bytes asked for, but return at least one", async () => {
  const nodes = await start();
  const leader = nodes.to(nodes.ids[0]);
  await leader.append(1, numbered(0, 10));
  const byCount = await leader.read({ shardUid: 1, fromOffset: 3, maxRecords: 4 });
  expect(byCount.texts).toEqual(numbered(3, 4));
  expect(byCount.last.nextOffset).toBe(7);
  expect(byCount.last.millisBehindLatest).toBeGreaterThan(0);
  const byBytes = await leader.read({ shardUid: 1, fromOffset: 0, maxBytes: 7 });
  expect(byBytes.texts).toEqual(["r0", "r1"]);
  const atLeastOne = await leader.read({ shardUid: 1, fromOffset: 0, maxBytes: 1 });
  expect(atLeastOne.texts).toEqual(["r0"]);
});

test("who does not lead says who does; damaged, unknown and misdirected appends are refused", async () => {
  const nodes = await start();
  const [leaderId, otherId] = nodes.ids;
  await nodes.coordinator.until(() => nodes.coordinator.events.some(({ kind }) => kind === "OPENED"));
  const follower = nodes.to(otherId);
  expect(await follower.append(1, ["x"])).toMatchObject({ status: "NOT_LEADER" });
  expect((await follower.read({ shardUid: 1, fromOffset: 0 })).last.status).toBe("NOT_LEADER");
  const leader = nodes.to(leaderId);
  expect(await leader.append(1, ["x"], "", 1)).toMatchObject({ status: "DAMAGED" });
  expect(await leader.append(77, ["x"])).toMatchObject({ status: "UNKNOWN_SHARD" });
  expect((await leader.read({ shardUid: 1, fromOffset: 0 })).texts).toEqual([]);
});

test("a killed leader loses nothing acknowledged, and a repeat gets the first answer from the next leader", async () => {
  const nodes = await start();
  const [a, b] = nodes.ids;
  const acked: string[] = [];
  const leader = nodes.to(a);
  const burst = numbered(0, 200).map(async (text, index) => {
    const result = await leader.append(1, [text], (index + 1).toString(16).padStart(32, "0"));
    if (result.status === "STATUS_OK") acked.push(text);
    return result;
  });
  const first = await burst[0];
  await burst[99];
  await nodes.kill(a);
  await Promise.all(burst);
  const next = await nodes.coordinator.elect(1, nodes.members, 2, b);
  expect(next).not.toBe(a);
  const read = await nodes.to(next).read({ shardUid: 1, fromOffset: 0 });
  expect(acked.length).toBeGreaterThan(0);
  expect(read.texts).toEqual(expect.arrayContaining(acked));
  expect(new Set(read.texts).size).toBe(read.texts.length);
  const repeat = await nodes.to(next).append(1, ["r0"], "1".padStart(32, "0"));
  expect(repeat).toMatchObject({ status: "STATUS_OK", baseOffset: first?.baseOffset, arrivalMs: first?.arrivalMs });
  const fresh = await nodes.to(next).append(1, ["new"], "f".repeat(32));
  expect(fresh.baseOffset).toBe(read.texts.length);
});

test("a node that was away catches up and can lead; it knows repeats from before its restart", async () => {
  const nodes = await start();
  const [a, b, c] = nodes.ids;
  const original = await nodes.to(a).append(1, ["one"], "ab");
  await nodes.kill(b);
  await nodes.to(a).append(1, numbered(0, 50));
  await nodes.restart(b);
  await nodes.coordinator.until(() => {
    const shard = nodes.coordinator.shardReports.get(1);
    return shard?.commitOffset === 51 && shard.lags.every(({ recordsBehind }) => recordsBehind === 0);
  });
  await nodes.kill(a);
  await nodes.kill(c);
  await nodes.restart(c);
  const leader = await nodes.coordinator.elect(1, nodes.members, 2, b);
  expect(leader).toBe(b);
  const read = await nodes.to(b).read({ shardUid: 1, fromOffset: 0 });
  expect(read.texts).toEqual(["one", ...numbered(0, 50)]);
  const repeat = await nodes.to(b).append(1, ["one"], "ab");
  expect(repeat).toMatchObject({ baseOffset: 0, arrivalMs: original.arrivalMs });
});

test("a repeat of an append in flight waits for the first one", async () => {
  const nodes = await start();
  const leader = nodes.to(nodes.ids[0]);
  const results = await Promise.all([leader.append(1, ["x"], "aa"), leader.append(1, ["x"], "aa")]);
  expect(results[0]).toMatchObject({ status: "STATUS_OK", baseOffset: 0 });
  expect(results[1]).toMatchObject({ status: "STATUS_OK", baseOffset: 0, arrivalMs: results[0]?.arrivalMs });
  expect((await leader.read({ shardUid: 1, fromOffset: 0 })).texts).toEqual(["x"]);
});

test("a leader that lost its peers proves nothing fresh and gives up its appends as unknown", async () => {
  const nodes = await start();
  const [a, b, c] = nodes.ids;
  const leader = nodes.to(a);
  await leader.append(1, numbered(0, 3));
  await Promise.all([nodes.kill(b), nodes.kill(c)]);
  const [atTip, notAtTip] = await Promise.all([
    leader.read({ shardUid: 1, fromOffset: 0 }),
    leader.read({ shardUid: 1, fromOffset: 0, maxRecords: 1 }),
  ]);
  expect(atTip.last.status).toBe("NO_QUORUM");
  expect(notAtTip.texts).toEqual(["r0"]);
  expect(await leader.append(1, ["lost?"])).toMatchObject({ status: "NO_QUORUM" });
});

test("a leader deposed without hearing of it does not claim the tip, and steps down when it hears", async () => {
  const nodes = await start();
  const [a, b, c] = nodes.ids;
  await nodes.to(a).append(1, ["old"]);
  const others = nodes.members.filter(({ nodeId }) => nodeId !== a);
  for (const { nodeId, replicaUuid } of others) {
    await nodes.coordinator.call(nodeId, "seal", { shards: [{ shardUid: 1, replicaUuid, epoch: 2 }] });
  }
  const read = await nodes.to(a).read({ shardUid: 1, fromOffset: 0 });
  expect(["NO_QUORUM", "NOT_LEADER"]).toContain(read.last.status);
  const located = await nodes.to(a).locate({ shardUid: 1, what: "LATEST" });
  expect(["NO_QUORUM", "NOT_LEADER"]).toContain(located.status);
  expect(["NO_QUORUM", "NOT_LEADER"]).toContain((await nodes.to(a).append(1, ["never"])).status);
  const leader = await nodes.coordinator.elect(1, nodes.members, 3, b);
  expect([a, b, c]).toContain(leader);
  expect((await nodes.to(leader).read({ shardUid: 1, fromOffset: 0 })).texts[0]).toBe("old");
});

test("a subscription gets what commits, from the log and as it comes, and ends with the shard", async () => {
  const nodes = await start();
  const [a] = nodes.ids;
  const leader = nodes.to(a);
  await leader.append(1, ["before"]);
  const chunks: ReadChunk__Output[] = [];
  leader.subscribe({ shardUid: 1, fromOffset: 0 }, (chunk) => chunks.push(chunk));
  const texts = (): string[] => chunks.flatMap(textsOf);
  await nodes.coordinator.until(() => texts().length === 1);
  await leader.append(1, numbered(0, 5));
  await nodes.coordinator.until(() => texts().length === 6);
  await nodes.coordinator.call(a, "closeShards", { shards: [{ shardUid: 1, epoch: 1 }] });
  await nodes.coordinator.until(() => chunks.at(-1)?.endOfShard === true);
  expect(texts()).toEqual(["before", ...numbered(0, 5)]);
  await nodes.coordinator.until(() => nodes.coordinator.events.some(({ kind }) => kind === "CLOSED"));
  expect(nodes.coordinator.events.find(({ kind }) => kind === "CLOSED")).toMatchObject({ shardUid: 1, endOffset: 6 });
  expect(await leader.append(1, ["late"])).toMatchObject({ status: "SHARD_CLOSED" });
  const read = await leader.read({ shardUid: 1, fromOffset: 5 });
  expect(read.texts).toEqual(["r4"]);
  expect(read.last.endOfShard).toBe(true);
});

test("a subscription ends with NOT_LEADER when its leader is deposed", async () => {
  const nodes = await start();
  const [a] = nodes.ids;
  const chunks: ReadChunk__Output[] = [];
  nodes.to(a).subscribe({ shardUid: 1, fromLatest: true }, (chunk) => chunks.push(chunk));
  await nodes.coordinator.until(() => chunks.length === 1);
  await nodes.coordinator.elect(1, nodes.members, 2, nodes.ids[1]);
  await nodes.coordinator.until(() => chunks.at(-1)?.status === "NOT_LEADER");
});

test("limits take the front of an append and throttle the rest, and share reads among pollers", async () => {
  const nodes = await start({ limits: "aws" });
  const leader = nodes.to(nodes.ids[0]);
  const half = "x".repeat(400 * 1024);
  // At once: what a second refills would be enough for another.
  const [cut, none] = await Promise.all([leader.append(1, [half, half, half, half]), leader.append(1, [half])]);
  expect(cut).toMatchObject({ status: "STATUS_OK", acceptedCount: 2 });
  expect(none).toMatchObject({ status: "THROTTLED", acceptedCount: 0 });
  const poll = { shardUid: 1, fromOffset: 0, maxRecords: 1, countsAgainstLimits: true };
  const polls = await Promise.all(Array.from({ length: 12 }, () => leader.read(poll)));
  const throttled = polls.filter(({ last }) => last.status === "THROTTLED");
  expect(throttled.length).toBeGreaterThan(0);
  expect(throttled.length).toBeLessThan(12);
});

test("appends beyond the queue are refused at once, and those taken are all answered", async () => {
  const nodes = await start({ appendQueueBytes: 512 * 1024 });
  const leader = nodes.to(nodes.ids[0]);
  const big = "x".repeat(100 * 1024);
  const results = await Promise.all(Array.from({ length: 60 }, () => leader.append(1, [big])));
  const taken = results.filter(({ status }) => status === "STATUS_OK");
  expect(results.every(({ status }) => status === "STATUS_OK" || status === "OVERLOADED")).toBe(true);
  expect(taken.length).toBeGreaterThan(0);
  const read = await leader.read({ shardUid: 1, fromOffset: 0 });
  expect(read.texts.length).toBe(taken.length);
});

test("control calls: repeated creation is fine, a foreign uuid is not, unknown shards are named, old terms refused", async () => {
  const nodes = await start();
  const { coordinator, members } = nodes;
  const [a] = nodes.ids;
  const create = (replicaUuid: string): Promise<unknown> =>
    coordinator.call(a, "createReplicas", { replicas: [{ shardUid: 1, replicaUuid, epoch: 1, set: members }] });
  expect(((await create("replica-a")) as ReplicaResults__Output).results[0]?.ok).toBe(true);
  expect(((await create("another")) as ReplicaResults__Output).results[0]?.ok).toBe(false);
  const sealed = await coordinator.call(a, "seal", { shards: [{ shardUid: 9, replicaUuid: "x", epoch: 4 }] });
  expect((sealed as SealReplies__Output).replies[0]).toMatchObject({ ok: false, why: "NO_SUCH_REPLICA" });
  expect(await coordinator.call(a, "ping", {})).toMatchObject({ nodeId: a, serving: true });
  const drop = (epoch: number): Promise<unknown> =>
    coordinator.call(a, "dropReplicas", { shards: [{ shardUid: 1, replicaUuid: "replica-a", epoch }] });
  expect(((await drop(0)) as ReplicaResults__Output).results[0]?.ok).toBe(false);
  expect(((await drop(1)) as ReplicaResults__Output).results[0]?.ok).toBe(true);
  expect(await nodes.to(a).append(1, ["x"])).toMatchObject({ status: "UNKNOWN_SHARD" });
  coordinator.term = 0;
  await expect(coordinator.call(a, "seal", { shards: [] })).rejects.toThrow(/term/);
});

test("a replica that a defect has stopped stays stopped through a restart, holds nobody up, and goes on when told to", async () => {
  const nodes = await start();
  const { coordinator, members } = nodes;
  const [a, b] = nodes.ids;
  const shard = { shardUid: 1, replicaUuid: "replica-a" };
  const seal = async (epoch: number): Promise<unknown> =>
    ((await coordinator.call(a, "seal", { shards: [{ ...shard, epoch }] })) as SealReplies__Output).replies[0];
  const resume = async (): Promise<unknown> => {
    const shards = [{ ...shard, keepLog: false }];
    return ((await coordinator.call(a, "resumeReplicas", { shards })) as ReplicaResults__Output).results[0];
  };
  await nodes.to(a).append(1, ["kept"]);
  const healed = breakAppends();
  void nodes.to(a).append(1, ["never stored"]);
  await coordinator.until(() => coordinator.events.some(({ kind }) => kind === "HALTED"));
  healed();
  expect(await seal(2)).toMatchObject({ ok: false, why: "STOPPED" });
  expect(await resume()).toMatchObject({ ok: false, why: expect.stringContaining("restart the node") });
  expect(await coordinator.elect(1, members, 2, b)).toBe(b);
  coordinator.events.length = 0;
  await nodes.kill(a);
  await nodes.restart(a);
  await coordinator.until(() => coordinator.events.some(({ kind }) => kind === "HALTED"));
  expect(await seal(3)).toMatchObject({ ok: false, promisedEpoch: 1, logEnd: 1 });
  expect(await resume()).toMatchObject({ ok: true });
  expect(await seal(3)).toMatchObject({ ok: true, suspect: true });
  expect(await coordinator.elect(1, members, 4, b)).toBe(b);
  await nodes.to(b).append(1, ["more"]);
  await coordinator.until(() => {
    const lags = coordinator.shardReports.get(1)?.lags ?? [];
    return lags.some(({ nodeId, adopted }) => nodeId === a && adopted);
  });
  expect(await seal(5)).toMatchObject({ ok: true, suspect: false, logEnd: 2 });
});

/** A defect in every leader's append, until the answer is called. */
function breakAppends(): () => void {
  const origin = { nodeId: "", boot: 1, logEnd: 0, lastFrameEpoch: 0, lastArrivalMs: 0, closed: false };
  const any = createReplica({ ...origin, state: initialReplicaState(1, "", 0, []) });
  const machine = Object.getPrototypeOf(any) as ReplicaContract;
  const { step } = machine;
  machine.step = function broken(input, outputs): void {
    if (input.type === "append") throw new Error("a defect");
    step.call(this, input, outputs);
  };
  return () => void (machine.step = step);
}

test("one replica alone commits by itself", async () => {
  const nodes = await start({ nodes: 1 });
  const only = nodes.to(nodes.ids[0]);
  expect(await only.append(1, ["solo"])).toMatchObject({ status: "STATUS_OK" });
  expect((await only.read({ shardUid: 1, fromOffset: 0 })).texts).toEqual(["solo"]);
});

/** Clocks that show another day once `jumped` names their zone. */
function jumpingClocks(): { jumped: Set<string>; clockOf: (zone: string) => typeof realClock } {
  const jumped = new Set<string>();
  const dayMs = 25 * 3_600_000;
  const clockOf = (zone: string): typeof realClock => ({
    ...realClock,
    nowMs: () => realClock.nowMs() + (jumped.has(zone) ? dayMs : 0),
  });
  return { jumped, clockOf };
}

test("retention trims what is older than the stream keeps, once peers agree that it is", async () => {
  const { jumped, clockOf } = jumpingClocks();
  const nodes = await start({ retentionEveryMs: 50, clockOf });
  const leader = nodes.to(nodes.ids[0]);
  await leader.append(1, ["old", "older"]);
  for (const zone of ["a", "b", "c"]) jumped.add(zone);
  const read = async (): Promise<string[]> => (await leader.read({ shardUid: 1, fromOffset: 0 })).texts;
  let texts = await read();
  for (let turn = 0; turn < 200 && texts.length > 0; turn += 1) texts = await read();
  expect(texts).toEqual([]);
  expect(await leader.append(1, ["new"])).toMatchObject({ status: "STATUS_OK", baseOffset: 3 });
  expect(await read()).toEqual(["new"]);
  const located = await leader.locate({ shardUid: 1, what: "TIME", timeMs: 0 });
  expect(located).toMatchObject({ status: "STATUS_OK", trimOffset: 2 });
});

test("a leader whose clock is put right while it looks what is old trims nothing by the wrong time", async () => {
  const { jumped, clockOf } = jumpingClocks();
  const nodes = await start({ retentionEveryMs: 1, clockOf });
  const leader = nodes.to(nodes.ids[0]);
  await leader.append(1, ["kept"]);
  const flip = setInterval(() => void (jumped.delete("a") || jumped.add("a")), 3);
  await new Promise((resolve) => setTimeout(resolve, 600));
  clearInterval(flip);
  jumped.clear();
  expect((await leader.read({ shardUid: 1, fromOffset: 0 })).texts).toEqual(["kept"]);
});

test("a leader whose clock alone has jumped trims nothing", async () => {
  const { jumped, clockOf } = jumpingClocks();
  const nodes = await start({ retentionEveryMs: 20, clockOf });
  const leader = nodes.to(nodes.ids[0]);
  await leader.append(1, ["kept"]);
  jumped.add("a");
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect((await leader.read({ shardUid: 1, fromOffset: 0 })).texts).toEqual(["kept"]);
});
