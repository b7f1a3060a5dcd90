/** What faults work with: the cluster, its disks and clocks, a seeded choice, and who they must leave alone. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "@millrace/base";
import type { GatewayClient } from "@millrace/load";
import type { ProcessCluster } from "@millrace/testkit";
import type { SmallDisk } from "../e2e/small-disks.ts";

/** How long faults last: a short run must fit many of them. */
export interface FaultTimes {
  readonly downMaxMs: number;
  readonly pauseMaxMs: number;
  readonly networkMaxMs: number;
}

/** See the file comment. */
export interface FaultWorld {
  readonly cluster: ProcessCluster;
  readonly streamName: string;
  readonly client: GatewayClient;
  readonly random: Random;
  readonly times: FaultTimes;
  /** Small file systems, by node; empty where this machine cannot mount any. */
  readonly disks: ReadonlyMap<string, SmallDisk>;
  readonly clocks: SteppedClocks | undefined;
  readonly say: (line: string) => void;
  /** Something that must not be. */
  readonly violate: (words: string) => void;
}

/** A whole number from 0 below `limit`. */
export function below(random: Random, limit: number): number {
  return Math.floor(random.float() * limit);
}

/** One of several. */
export function oneOf<T>(random: Random, items: readonly T[]): T {
  const item = items[below(random, items.length)];
  if (item === undefined) throw new Error("nothing to choose from");
  return item;
}

/** In another order. */
export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const left = [...items];
  const order: T[] = [];
  while (left.length > 0) order.push(...left.splice(below(random, left.length), 1));
  return order;
}

/** Waits a time drawn between `minMs` and `maxMs`. */
export async function pauseBetween(random: Random, minMs: number, maxMs: number): Promise<void> {
  await delay(minMs + below(random, Math.max(1, maxMs - minMs)));
}

/** Clocks of processes, set by libfaketime: the wall clock alone steps, as an administrator or a time server steps it. */
export class SteppedClocks {
  readonly #directory: string;
  readonly #library: string;

  private constructor(directory: string, library: string) {
    this.#directory = directory;
    this.#library = library;
    mkdirSync(directory, { recursive: true });
  }

  /** Undefined where libfaketime is not installed. */
  static inDirectory(directory: string): SteppedClocks | undefined {
    const library = findLibrary();
    return library === undefined ? undefined : new SteppedClocks(directory, library);
  }

  /** The environment of a process whose clock is to be stepped. */
  environmentOf(name: string): Record<string, string> {
    this.step(name, 0);
    return {
      LD_PRELOAD: this.#library,
      FAKETIME_TIMESTAMP_FILE: join(this.#directory, name),
      FAKETIME_CACHE_DURATION: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      NO_FAKE_STAT: "1",
    };
  }

  /** Within a second the clock of the process is this far from true. */
  step(name: string, seconds: number): void {
    writeFileSync(join(this.#directory, name), `${seconds < 0 ? "" : "+"}${seconds}s\n`);
  }
}

function findLibrary(): string | undefined {
  const root = "/usr/lib";
  if (!existsSync(root)) return undefined;
  return readdirSync(root)
    .map((directory) => join(root, directory, "faketime", "libfaketimeMT.so.1"))
    .find((path) => existsSync(path));
}
