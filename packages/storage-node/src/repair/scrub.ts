/**
 * Reads everything stored, slowly and again and again, so that damage is found while other copies are sound, not when the
 * last of them is needed. A frame that no member can give makes its replica suspect: it is copied anew as a whole.
 */
import { sleep, type Clock } from "@millrace/base";
import type { LogStore } from "@millrace/log-store";
import type { Logger } from "@millrace/runtime";
import type { HeldReplica } from "../replica/held-replica.ts";
import type { ReplicaHost } from "../replica/replica-host.ts";
import type { FrameRepair } from "./frame-repair.ts";

/** Between two shards, so that many small ones do not make a storm of lookups. */
const BETWEEN_SHARDS_MS = 20;

/** What scrubbing works with. */
export interface ScrubParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly host: ReplicaHost;
  readonly logStore: LogStore;
  readonly repairs: FrameRepair;
  /** Pause between two passes; 0: never scrub. */
  readonly everyMs: number;
  readonly bytesPerSecond: number;
}

/** Runs until `signal` aborts. The first pass begins after the first pause. */
export async function runScrub(parts: ScrubParts, signal: AbortSignal): Promise<void> {
  const { clock, host, everyMs } = parts;
  if (everyMs === 0) return;
  while (!signal.aborted) {
    await sleep(clock, everyMs, signal);
    for (const held of Array.from(host.all())) {
      if (signal.aborted) return;
      if (!held.dropped && !held.replica.suspect) await scrubShard(parts, held, signal);
      await sleep(clock, BETWEEN_SHARDS_MS, signal);
    }
  }
}

async function scrubShard(parts: ScrubParts, held: HeldReplica, signal: AbortSignal): Promise<void> {
  const { clock, logger, host, logStore, repairs, bytesPerSecond } = parts;
  const { shardUid } = held;
  const pace = (readBytes: number): Promise<void> => sleep(clock, (readBytes / bytesPerSecond) * 1000, signal);
  const damaged = await logStore.verify(shardUid, pace).catch((error: unknown) => {
    if (!signal.aborted) logger.warn({ shard: shardUid, error }, "a shard could not be read through");
    return [];
  });
  for (const offset of damaged) {
    if (signal.aborted || held.dropped) return;
    logger.error({ shard: shardUid, offset }, "a stored frame is damaged");
    if (await repairs.repair(held, offset)) continue;
    // Not committed yet as far as is known here, or nobody can be asked now: the next pass, or a read, finds it again.
    if (held.serving) host.feed(held, { type: "frameDamaged" });
  }
}
