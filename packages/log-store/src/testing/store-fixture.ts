/** What the tests of this package share: a real clock, throw-away directories and frames with recognisable bytes. */
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock, Random } from "@millrace/base";
import { encodeFrame, type Frame, frameKind, type FrameKind } from "@millrace/model";
import type { Disk } from "../disk/disk.ts";
import type { LogEntry, LogStore, LogStoreOptions } from "../log-store-contract.ts";
import { openLogStore } from "../log-store.ts";

/** The machine's own time. */
export const testClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** The machine's own randomness. */
export const testRandom: Random = {
  bytes: (count) => randomBytes(count),
  uuid: () => randomUUID(),
  float: () => Math.random(),
};

const directories: string[] = [];
const stores: LogStore[] = [];

/** An empty directory that {@link removeTestDirectories} removes. */
export async function testDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "log-store-"));
  directories.push(directory);
  return directory;
}

/** Closes stores left open and removes their directories. */
export async function removeTestDirectories(): Promise<void> {
  for (const store of stores.splice(0)) await store.close();
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true });
}

/** Opens a store that fails the test on a fatal error unless told otherwise. */
export async function openTestStore(
  directory: string,
  options: Partial<LogStoreOptions> & { readonly disk?: Disk } = {},
): Promise<LogStore> {
  const { disk, ...rest } = options;
  const store = await openLogStore(
    {
      directory,
      segmentBytes: 64 * 1024 * 1024,
      tailCacheBytes: 1024 * 1024,
      diskFloorBytes: 0,
      onFatal: (error) => {
        throw error;
      },
      ...rest,
    },
    { clock: testClock, random: testRandom, ...(disk === undefined ? {} : { disk }) },
  );
  stores.push(store);
  return store;
}

/** Submits and resolves when durable. */
export function submitted(store: LogStore, entries: readonly LogEntry[]): Promise<void> {
  return new Promise((resolve) => store.submit(entries, resolve));
}

/** A frame whose body is `text`. */
export function recordsFrame(draft: {
  readonly shardUid: number;
  readonly baseOffset: number;
  readonly text: string | Buffer;
  readonly recordCount?: number;
  readonly epoch?: number;
  readonly arrivalMs?: number;
  readonly kind?: FrameKind;
}): Frame {
  return encodeFrame({
    kind: draft.kind ?? frameKind.records,
    shardUid: draft.shardUid,
    epoch: draft.epoch ?? 1,
    recordCount: draft.recordCount ?? 3,
    baseOffset: draft.baseOffset,
    arrivalMs: draft.arrivalMs ?? 1000 + draft.baseOffset,
    prevEpoch: draft.epoch ?? 1,
    userBytes: draft.text.length,
    appendIds: [],
    bodies: [Buffer.from(draft.text)],
  });
}
