/**
 * Says again and again which replicas here are stopped, for operators, and which may have lost data. One of these that has adopted the epoch in force is replaced only by
 * the leader of a later one, and whether the coordinator can begin that depends on who lives when it hears of it.
 */
import { sleep, type Clock } from "@millrace/base";
import type { ReplicaHost } from "../replica/replica-host.ts";
import type { ShardEvents } from "./shard-events.ts";

const REMIND_EVERY_MS = 5_000;

/** What reminders are made from. */
export interface ReminderParts {
  readonly clock: Clock;
  readonly host: ReplicaHost;
  readonly events: ShardEvents;
}

/** Runs until `signal` aborts. */
export async function remindOfTrouble({ clock, host, events }: ReminderParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(clock, REMIND_EVERY_MS, signal);
    for (const { shardUid, replica, stopped } of host.all()) {
      if (stopped) events.add({ kind: "HALTED", shardUid, epoch: replica.promisedEpoch, why: "it is stopped" });
      else if (replica.suspect) events.add({ kind: "SUSPECT", shardUid, epoch: replica.logEpoch });
    }
  }
}
