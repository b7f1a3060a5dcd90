import { encodeFrame, frameKind, type Frame } from "@millrace/model";
import { ServiceError } from "@millrace/base";
import type { LogStore } from "@millrace/log-store";
import type { ReplicaContract } from "@millrace/replication";
import { ManualClock } from "@millrace/testkit";
import { expect, test } from "vitest";
import { HeldReplica } from "../replica/held-replica.ts";
import { rebuildRecent } from "./rebuild-recent.ts";

const FRAME_COUNT = 100;
const idOf = (offset: number): string => offset.toString(16).padStart(32, "0");

function frameAt(baseOffset: number, arrivalMs: number, body: Buffer = Buffer.alloc(0)): Frame {
  return encodeFrame({
    kind: frameKind.records,
    shardUid: 1,
    epoch: 1,
    recordCount: 1,
    baseOffset,
    arrivalMs,
    prevEpoch: 1,
    userBytes: 0,
    appendIds: [{ id: idOf(baseOffset), firstRecord: 0, recordCount: 1 }],
    bodies: [body],
  });
}

/**
 * A log of single records, ten to a read, of which the frame at `damagedAt` cannot be read. All of them arrived at `arrivalMs`,
 * or those before the last one long ago.
 */
function logOf(options: {
  readonly damagedAt?: number;
  readonly arrivalMs: number;
  readonly isOld?: boolean;
}): LogStore {
  const { damagedAt = -1, arrivalMs, isOld = false } = options;
  const read = (_: number, from: number): Promise<{ frames: Frame[] }> => {
    const to = Math.min(FRAME_COUNT, from + 10);
    if (from <= damagedAt && damagedAt < to) return Promise.reject(new ServiceError("DAMAGED", "a bad checksum"));
    return Promise.resolve({
      frames: [...Array(to - from).keys()].map((index) => frameAt(from + index, arrivalMs)),
    });
  };
  const locateTime = (_: number, timeMs: number): Promise<number> =>
    Promise.resolve(timeMs > arrivalMs ? FRAME_COUNT : isOld ? FRAME_COUNT - 1 : 0);
  return { read, locateTime } as unknown as LogStore;
}

function heldOf(arrivalMs: number): HeldReplica {
  const replica = { shardUid: 1, logStart: 0, logEnd: FRAME_COUNT } as unknown as ReplicaContract;
  return new HeldReplica(replica, [], 1, arrivalMs);
}

test("the ids behind a damaged frame are known, and the damage is told", async () => {
  const clock = new ManualClock();
  const held = heldOf(clock.nowMs());
  let told = 0;
  const logStore = logOf({ damagedAt: 37, arrivalMs: clock.nowMs() });
  await rebuildRecent(held, { logStore, clock, onDamaged: () => (told += 1) });
  expect(told).toBeGreaterThan(0);
  expect(held.recent.find(idOf(99))?.baseOffset).toBe(99);
  expect(held.recent.find(idOf(80))?.baseOffset).toBe(80);
});

test("the newest ids are known to a leader whose clock is far ahead of the one that wrote them", async () => {
  const clock = new ManualClock();
  const writtenMs = clock.nowMs() - 600_000;
  const held = heldOf(writtenMs);
  await rebuildRecent(held, { logStore: logOf({ arrivalMs: writtenMs }), clock, onDamaged: () => undefined });
  expect(held.recent.find(idOf(99))?.baseOffset).toBe(99);
});

test("ids just before a last frame of hours later are known: clocks are set forward, and machines sleep", async () => {
  const clock = new ManualClock();
  const held = heldOf(clock.nowMs());
  const logStore = logOf({ arrivalMs: clock.nowMs(), isOld: true });
  await rebuildRecent(held, { logStore, clock, onDamaged: () => undefined });
  for (const offset of [40, 98, 99]) expect(held.recent.find(idOf(offset))?.baseOffset).toBe(offset);
  expect(held.recent.find(idOf(10))).toBeUndefined();
});

test("of large records the newest are read back, and little else is read for it", async () => {
  const clock = new ManualClock();
  const body = Buffer.alloc(1024 * 1024);
  const arrivalMs = clock.nowMs();
  let reads = 0;
  const read = (_: number, from: number): Promise<{ frames: Frame[] }> => {
    reads += 1;
    return Promise.resolve({ frames: from < FRAME_COUNT ? [frameAt(from, arrivalMs, body)] : [] });
  };
  const held = heldOf(arrivalMs);
  const logStore = { ...logOf({ arrivalMs }), read } as unknown as LogStore;
  await rebuildRecent(held, { logStore, clock, onDamaged: () => undefined });
  for (const offset of [90, 99]) expect(held.recent.find(idOf(offset))?.baseOffset).toBe(offset);
  expect(reads).toBeLessThan(FRAME_COUNT / 2);
});
