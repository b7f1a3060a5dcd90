/**
 * Appends trim records to shards led here, once a minute: what is older than the stream's retention is gone when the trim
 * record commits. Nothing is trimmed by a clock that nobody confirms, nor for a stream the map does not name.
 */
import { type ClockAgreement, sleep, writeUint64, type Clock } from "@millrace/base";
import type { LogStore } from "@millrace/log-store";
import { frameEndOffset, frameKind } from "@millrace/model";
import type { Logger } from "@millrace/runtime";
import type { AppendService } from "../append/append-service.ts";
import type { MapHolder } from "../coordinator/map-holder.ts";
import type { FreshnessRounds } from "../read/freshness-rounds.ts";
import type { HeldReplica } from "../replica/held-replica.ts";
import type { ReplicaHost } from "../replica/replica-host.ts";

/** How often retention looks, unless a test says otherwise. */
export const RETENTION_EVERY_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Enough to see whether anything but old trim records would be trimmed. */
const PROBE_BYTES = 64 * 1024;

/** What retention works with. */
export interface RetentionParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly host: ReplicaHost;
  readonly logStore: LogStore;
  readonly map: MapHolder;
  readonly appends: AppendService;
  readonly freshness: FreshnessRounds;
  readonly agreement: ClockAgreement;
  readonly onTrimmed: (held: HeldReplica, records: number) => void;
}

/** The last trim record written for a shard here: until it is committed the log start does not show it. */
interface WrittenTrim {
  readonly epoch: number;
  readonly target: number;
}

/** Runs until `signal` aborts; one shard at a time. */
export async function runRetention(parts: RetentionParts, everyMs: number, signal: AbortSignal): Promise<void> {
  const written = new WeakMap<HeldReplica, WrittenTrim>();
  while (!signal.aborted) {
    await sleep(parts.clock, everyMs, signal);
    for (const held of Array.from(parts.host.all())) {
      if (signal.aborted) return;
      if (held.replica.canAppend()) await trimShard(parts, held, written);
    }
  }
}

async function trimShard(
  parts: RetentionParts,
  held: HeldReplica,
  written: WeakMap<HeldReplica, WrittenTrim>,
): Promise<void> {
  const { clock, logStore, map, appends, freshness, agreement, logger } = parts;
  const { replica, shardUid } = held;
  const stream = map.streamOf(shardUid);
  // A stream that is being restored takes frames at given offsets: a trim record would be in their way.
  if (stream === undefined || stream.status === "CREATING" || replica.logStart >= replica.commitOffset) return;
  try {
    const nowMs = clock.nowMs();
    const located = await logStore.locateTime(shardUid, nowMs - stream.retentionHours * HOUR_MS);
    const target = Math.min(located, replica.commitOffset);
    if (target <= replica.logStart || !(await holdsRecords(parts, held, target))) return;
    const last = written.get(held);
    if (last?.epoch === replica.promisedEpoch && target <= last.target) return;
    // The answer to a freshness round carries the peer's time.
    if (!agreement.agreed) await freshness.confirm(held);
    if (!agreement.agreed) return logger.warn({ shard: shardUid }, "no other clock agrees: nothing is trimmed");
    // The clock was put back meanwhile: what it shows now is confirmed, not what it showed then.
    if (clock.nowMs() < nowMs) return;
    const records = target - replica.logStart;
    const body = Buffer.alloc(8);
    writeUint64(body, target, 0);
    const appended = appends.appenderOf(shardUid)?.appendMarker(frameKind.trim, body) ?? false;
    if (!appended) return;
    written.set(held, { epoch: replica.promisedEpoch, target });
    parts.onTrimmed(held, records);
  } catch (error) {
    logger.warn({ error, shard: shardUid }, "retention could not look at a shard");
  }
}

/** Trimming only old trim records would write a new one each minute for ever. */
async function holdsRecords(parts: RetentionParts, held: HeldReplica, target: number): Promise<boolean> {
  const { frames } = await parts.logStore.read(held.shardUid, held.replica.logStart, PROBE_BYTES);
  const last = frames.at(-1);
  if (last === undefined) return false;
  const old = frames.filter(({ header }) => frameEndOffset(header) <= target);
  return old.some(({ header }) => header.kind === frameKind.records) || frameEndOffset(last.header) < target;
}
