/** When to list the shards: at first, when an answer names a shard that was not expected, and again after a failure. */
import type { Random } from "@millrace/base";
import { retryDelayMs } from "./retry-delay.ts";
import type { ShardMap } from "./shard-map.ts";

/** A reshard shows in many answers at once; one listing is enough for all of them. */
const LIST_INTERVAL_MS = 100;

/** The state of what is known about the shards. Time is passed in. */
export class ShardMapKeeper {
  readonly #random: Random;
  #map: ShardMap | undefined;
  #wanted = false;
  #listing = false;
  #notBeforeMs = -Infinity;
  #failures = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The latest map, or undefined before the first. */
  get map(): ShardMap | undefined {
    return this.#map;
  }

  /** The map may be out of date. */
  want(): void {
    this.#wanted = true;
  }

  /** A record waits for the first map. */
  wantFirst(): void {
    if (this.#map === undefined && !this.#listing) this.#wanted = true;
  }

  /** When to list next, or undefined when there is no need or a listing is under way. */
  get dueMs(): number | undefined {
    return this.#wanted && !this.#listing ? this.#notBeforeMs : undefined;
  }

  /** Whether to list now; the caller then does, and reports back with {@link listed} or {@link failed}. */
  begin(nowMs: number): boolean {
    if (this.dueMs === undefined || this.dueMs > nowMs) return false;
    this.#listing = true;
    this.#wanted = false;
    return true;
  }

  listed(map: ShardMap, nowMs: number): void {
    this.#listing = false;
    this.#map = map;
    this.#failures = 0;
    this.#notBeforeMs = nowMs + LIST_INTERVAL_MS;
  }

  /** No answer, or one with a gap. */
  failed(nowMs: number): void {
    this.#listing = false;
    this.#wanted = true;
    this.#failures += 1;
    this.#notBeforeMs = nowMs + retryDelayMs(this.#random, "failed", this.#failures);
  }

  /** The service will not list: not tried again until something asks for it, and not at once then. */
  refused(nowMs: number): void {
    this.failed(nowMs);
    this.#wanted = false;
  }
}
