/**
 * Sends the cluster map to everyone who watches. A watcher whose stream is full gets nothing until it drains, then what
 * it missed: deltas, or a snapshot when they are no longer kept.
 */
import type { ClusterMapUpdate } from "@millrace/model";
import type { MapFollower } from "../operate/finalize-version.ts";
import type { MapLog } from "./map-log.ts";

/** Watchers beyond this are refused. */
export const WATCHERS_MAX: number = 1_000;

/** The end of a watcher's stream. `write` answers false when it is full; `onDrain` is then called once. */
export interface MapSink {
  write(update: ClusterMapUpdate): boolean;
  onDrain(callback: () => void): void;
}

interface Watcher {
  readonly sink: MapSink;
  readonly follower: MapFollower;
  sentVersion: number;
  full: boolean;
}

/** See the file comment. */
export class MapWatchers {
  readonly #log: MapLog;
  readonly #watchers = new Set<Watcher>();
  #flushQueued = false;

  constructor(log: MapLog) {
    this.#log = log;
  }

  get count(): number {
    return this.#watchers.size;
  }

  /** Who watches. */
  followers(): MapFollower[] {
    return [...this.#watchers].map(({ follower }) => follower);
  }

  /** Starts a watcher that has `haveVersion` (0: nothing). The answer stops it; undefined when there are too many. */
  add(sink: MapSink, haveVersion: number, follower: MapFollower): (() => void) | undefined {
    if (this.#watchers.size >= WATCHERS_MAX) return undefined;
    this.#log.flush();
    const watcher: Watcher = { sink, follower, sentVersion: haveVersion, full: false };
    this.#watchers.add(watcher);
    // A holder of the newest version still learns that it is current.
    if (haveVersion === this.#log.version) this.#write(watcher, [this.#log.snapshot()]);
    this.#publish();
    return () => this.#watchers.delete(watcher);
  }

  /** Publishes what the log has noted, once at the end of the turn. */
  changed(): void {
    if (this.#flushQueued) return;
    this.#flushQueued = true;
    queueMicrotask(() => {
      this.#flushQueued = false;
      this.#log.flush();
      this.#publish();
    });
  }

  #publish(): void {
    for (const watcher of this.#watchers) {
      if (!watcher.full) this.#write(watcher, this.#log.since(watcher.sentVersion));
    }
  }

  #write(watcher: Watcher, updates: readonly ClusterMapUpdate[]): void {
    for (const update of updates) {
      watcher.sentVersion = update.version;
      if (watcher.sink.write(update)) continue;
      watcher.full = true;
      watcher.sink.onDrain(() => {
        watcher.full = false;
        this.#write(watcher, this.#log.since(watcher.sentVersion));
      });
      return;
    }
  }
}
