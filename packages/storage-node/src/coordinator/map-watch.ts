/** Follows the cluster map: reopens the stream for ever, asks for a snapshot after a gap. */
import type { Clock, Random } from "@millrace/base";
import {
  protocolFields,
  type ActiveCoordinator,
  type ClusterMapUpdate__Output,
  type KnownCoordinator,
} from "@millrace/rpc";
import type { MapHolder } from "./map-holder.ts";
import { retryForever } from "./retry-loop.ts";

/** What the watch works with. */
export interface MapWatchParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly coordinator: ActiveCoordinator;
  readonly holder: MapHolder;
  readonly nodeId: string;
  readonly onUpdate: () => void;
}

/** The search goes on by itself; this only bounds one wait for it. */
const FIND_TIMEOUT_MS = 30_000;

/** Watches until `signal` aborts. */
export function watchMap(parts: MapWatchParts, signal: AbortSignal): Promise<void> {
  let haveVersion = 0;
  return retryForever({ clock: parts.clock, random: parts.random, signal }, async () => {
    const before = haveVersion;
    const known = await parts.coordinator.find(FIND_TIMEOUT_MS, signal);
    if (known === undefined) return false;
    haveVersion = await watchOnce(parts, known, haveVersion, signal);
    return haveVersion > before;
  });
}

/** Answers the version to continue from; 0 asks for a snapshot. */
function watchOnce(
  parts: MapWatchParts,
  known: KnownCoordinator,
  haveVersion: number,
  signal: AbortSignal,
): Promise<number> {
  return new Promise((resolve) => {
    const call = known.client.watchMap({ holder: parts.nodeId, haveVersion, ...protocolFields() });
    let version = haveVersion;
    const cancel = (): void => call.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    known.replaced.addEventListener("abort", cancel, { once: true });
    const finish = (): void => {
      signal.removeEventListener("abort", cancel);
      known.replaced.removeEventListener("abort", cancel);
      parts.coordinator.doubt(known);
      resolve(version);
    };
    call.on("data", (update: ClusterMapUpdate__Output) => {
      if (!parts.holder.apply(update)) {
        version = 0;
        call.cancel();
        return;
      }
      version = parts.holder.version;
      parts.onUpdate();
    });
    call.on("error", finish);
    call.on("end", finish);
  });
}
