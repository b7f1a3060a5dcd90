/** Follows the cluster map: reopens the stream for ever, asks for a snapshot after a gap. */
import type { Clock, Random } from "@millrace/base";
import type { ClusterMapUpdate__Output } from "@millrace/rpc";
import type { CoordinatorChoice } from "./coordinator-client.ts";
import type { MapHolder } from "./map-holder.ts";
import { retryForever } from "./retry-loop.ts";

/** What the watch works with. */
export interface MapWatchParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly coordinator: CoordinatorChoice;
  readonly holder: MapHolder;
  readonly nodeId: string;
  readonly onUpdate: () => void;
}

/** Watches until `signal` aborts. */
export function watchMap(parts: MapWatchParts, signal: AbortSignal): Promise<void> {
  let haveVersion = 0;
  return retryForever({ clock: parts.clock, random: parts.random, signal }, async () => {
    const before = haveVersion;
    haveVersion = await watchOnce(parts, haveVersion, signal);
    return haveVersion > before;
  });
}

/** Answers the version to continue from; 0 asks for a snapshot. */
function watchOnce(parts: MapWatchParts, haveVersion: number, signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    const connection = parts.coordinator.current();
    const call = connection.watchMap({ holder: parts.nodeId, haveVersion });
    let version = haveVersion;
    const cancel = (): void => call.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    const finish = (): void => {
      signal.removeEventListener("abort", cancel);
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
    call.on("error", () => {
      if (version === haveVersion) parts.coordinator.abandon(connection);
      finish();
    });
    call.on("end", finish);
  });
}
