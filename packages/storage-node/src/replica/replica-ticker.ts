/**
 * Ticks the machines: those that did something lately every 100 ms, the others in turn within five seconds, so that
 * 10,000 idle shards cost two hundred steps a turn and not ten thousand.
 */
import type { Clock, TimerHandle } from "@millrace/base";
import type { HeldReplica } from "./held-replica.ts";
import type { ReplicaHost } from "./replica-host.ts";

const TICK_MS = 100;
const IDLE_ROUND_TICKS = 50;
const ACTIVE_FOR_MS = 5000;

/** Starts ticking; cancel the handle to stop. */
export function startTicker(host: ReplicaHost, clock: Clock): TimerHandle {
  let turn = 0;
  let timer = clock.schedule(TICK_MS, tick);
  function tick(): void {
    const monotonicMs = clock.monotonicMs();
    turn = (turn + 1) % IDLE_ROUND_TICKS;
    host.batch(() => {
      for (const held of host.all()) {
        if (held.shardUid % IDLE_ROUND_TICKS === turn || isActive(held, monotonicMs)) {
          host.feed(held, { type: "tick", monotonicMs });
        }
      }
    });
    timer = clock.schedule(TICK_MS, tick);
  }
  return { cancel: () => timer.cancel() };
}

function isActive(held: HeldReplica, monotonicMs: number): boolean {
  return held.role === "recovering" || monotonicMs - held.activeMs < ACTIVE_FOR_MS;
}
