import { realClock } from "@millrace/runtime";
import { afterEach, expect, test, vi } from "vitest";
import { ThreeNodes } from "../testing/three-nodes.ts";

let nodes: ThreeNodes | undefined;

afterEach(async () => {
  await nodes?.close();
  nodes = undefined;
});

const MiB = 1024 * 1024;
const HOUR_MS = 3_600_000;
/** A segment of a test node is 4 MiB and is begun 1 MiB of zeros ahead; what is left is at most the last two. */
const LEFT_BYTES_MAX = 9 * MiB;

async function fill(cluster: ThreeNodes, label: string, mebibytes: number): Promise<void> {
  const leader = cluster.to(cluster.ids[0]);
  for (let count = 0; count < mebibytes * 4; count += 1) {
    const text = `${label}-${count}-${"x".repeat(MiB / 4)}`;
    expect(await leader.append(1, [text])).toMatchObject({ status: "STATUS_OK" });
  }
}

test("what is older than the retention is gone from all three disks, and old positions go on at the horizon", async () => {
  let shiftMs = 0;
  const clockOf = (): typeof realClock => ({ ...realClock, nowMs: () => realClock.nowMs() + shiftMs });
  nodes = await ThreeNodes.start({ retentionEveryMs: 50, clockOf });
  const cluster = nodes;
  await fill(cluster, "old", 16);
  shiftMs = 23 * HOUR_MS;
  await fill(cluster, "young", 2);
  for (const id of cluster.ids) {
    await vi.waitFor(async () => expect(await cluster.journalBytes(id)).toBeGreaterThan(18 * MiB), 10_000);
  }
  const leader = cluster.to(cluster.ids[0]);
  expect(await leader.locate({ shardUid: 1, what: "TIME", timeMs: 0 })).toMatchObject({ trimOffset: 0, offset: 0 });
  shiftMs = 25 * HOUR_MS;
  for (const id of cluster.ids) {
    await vi.waitFor(async () => expect(await cluster.journalBytes(id)).toBeLessThan(LEFT_BYTES_MAX), 20_000);
  }
  const horizon = await leader.locate({ shardUid: 1, what: "TIME", timeMs: 0 });
  expect(horizon).toMatchObject({ status: "STATUS_OK", trimOffset: 64, offset: 64 });
  const fromOld = await leader.read({ shardUid: 1, fromOffset: 3 });
  expect(fromOld.last).toMatchObject({ status: "STATUS_OK", trimOffset: 64 });
  expect(fromOld.texts.map((text) => text.slice(0, 8))).toEqual(
    Array.from({ length: 8 }, (_, count) => `young-${count}-`),
  );
  // The horizon is the followers' too: whoever leads next begins there, also after a restart.
  const [a, b] = cluster.ids;
  await cluster.kill(b);
  await cluster.restart(b);
  await cluster.kill(a);
  expect(await cluster.coordinator.elect(1, cluster.members, 2, b)).toBe(b);
  const after = await cluster.to(b).locate({ shardUid: 1, what: "TIME", timeMs: 0 });
  expect(after).toMatchObject({ status: "STATUS_OK", trimOffset: 64 });
  expect((await cluster.to(b).read({ shardUid: 1, fromOffset: 3 })).texts).toEqual(fromOld.texts);
}, 60_000);
