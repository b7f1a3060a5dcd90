/**
 * The disk of one machine. It outlives the processes that use it: a killed process leaves what it wrote, a loss of power
 * takes what was not synced. Faults are switched on from outside.
 */
import type { Disk, DiskFile, OpenDatabase } from "@millrace/log-store";
import type { Dice } from "./dice.ts";
import { SimulatedDatabase } from "./simulated-database.ts";
import { SimulatedFile } from "./simulated-file.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import type { Simulation } from "./simulation.ts";

/** Share of reads that take a while; the others are answered from memory at once. */
const SLOW_READ_SHARE = 0.1;

/** Longest sync of a disk that nothing is wrong with. */
export const ORDINARY_SYNC_MAX_MS = 2;

/** Rules a disk can be made to break by a planted bug. */
export interface DiskSins {
  /** Syncs are answered at once and make nothing durable. */
  readonly syncsNothing?: boolean;
}

/** See the file comment. */
export class SimulatedDisk {
  readonly #simulation: Simulation;
  readonly #dice: Dice;
  readonly #sins: DiskSins;
  #files = new Map<string, SimulatedFile>();
  #databases = new Map<string, SimulatedDatabase>();
  /** Longest ordinary sync. */
  syncMaxMs: number = ORDINARY_SYNC_MAX_MS;
  capacityBytes: number = Number.MAX_SAFE_INTEGER;
  /** The next syncs fail, this many. */
  failingSyncs = 0;
  /** Called once, when so many more writes are in files and not yet synced. */
  afterWrites: { left: number; readonly strike: () => void } | undefined;

  constructor(simulation: Simulation, name: string, sins: DiskSins = {}) {
    this.#simulation = simulation;
    this.#dice = simulation.dice.forConcern(`disk of ${name}`);
    this.#sins = sins;
  }

  /** The seams through which `process` uses this disk. */
  seams(process: SimulatedProcess): { readonly disk: Disk; readonly openDatabase: OpenDatabase } {
    return { disk: this.#diskFor(process), openDatabase: (directory) => this.#openDatabase(directory, process) };
  }

  get usedBytes(): number {
    let sizeBytes = 0;
    for (const file of this.#files.values()) sizeBytes += file.sizeBytes;
    return sizeBytes;
  }

  get empty(): boolean {
    return this.#files.size === 0;
  }

  losePower(): void {
    for (const [path, file] of this.#files) {
      const { lost, torn } = file.losePower(this.#dice);
      this.#simulation.happened("unsynced write lost", lost);
      this.#simulation.happened("torn write", torn);
      if (!file.nameIsDurable && this.#dice.chance(0.5)) this.#files.delete(path);
    }
    for (const database of this.#databases.values()) database.losePower(this.#dice);
  }

  /** All bytes are gone: what stands there from now on is another disk. */
  wipe(): void {
    this.#files = new Map();
    this.#databases = new Map();
  }

  /** Everything but the journal is gone. */
  loseIndex(): void {
    this.#databases = new Map();
  }

  /** A bit turns in the journal: in the newest file's newest bytes, or in an older file. Answers where. */
  rot(): string | undefined {
    const journal = [...this.#files].filter(([path, file]) => path.includes("/journal/") && file.sizeBytes > 0);
    const newest = journal.pop();
    const isOld = journal.length > 0 && this.#dice.chance(0.5);
    const [path, file] = (isOld ? this.#dice.pick(journal) : newest) ?? [];
    const at = file?.rot(this.#dice, isOld ? "anywhere" : "new");
    if (at === undefined) return undefined;
    this.#simulation.happened(isOld ? "bit rot in an old file" : "bit rot in new bytes");
    return `${path} at ${at}`;
  }

  /** All bits that turned turn back, but those in bytes written since. Answers whether there were any. */
  mend(): boolean {
    return [...this.#files.values()].filter((file) => file.mend()).length > 0;
  }

  /** Whether bits are turned in bytes that were not written since. */
  get isRotten(): boolean {
    return [...this.#files.values()].some((file) => file.isRotten);
  }

  #diskFor(process: SimulatedProcess): Disk {
    return {
      makeDirectory: () => Promise.resolve(),
      list: (path) => Promise.resolve(this.#namesIn(path)),
      open: (path, mode) => this.#open(path, mode, process),
      rename: (from, to) => this.#rename(from, to),
      remove: (path) => {
        for (const name of this.#files.keys())
          if (name === path || name.startsWith(`${path}/`)) this.#files.delete(name);
        for (const name of this.#databases.keys()) if (name === path) this.#databases.delete(name);
        return Promise.resolve();
      },
      syncDirectory: (path) =>
        this.#later(process, this.#dice.between(0.1, this.syncMaxMs), () => {
          for (const [name, file] of this.#files) if (parentOf(name) === path) file.nameIsDurable = true;
        }),
      freeBytes: () => Promise.resolve(Math.max(0, this.capacityBytes - this.usedBytes)),
    };
  }

  #open(path: string, mode: "create" | "read" | "write", process: SimulatedProcess): Promise<DiskFile> {
    let file = this.#files.get(path);
    if (mode === "create") {
      if (file !== undefined) return Promise.reject(systemError("EEXIST", path));
      this.#files.set(path, (file = new SimulatedFile()));
    }
    if (file === undefined) return Promise.reject(systemError("ENOENT", path));
    return Promise.resolve(this.#opened(file, path, process));
  }

  #opened(file: SimulatedFile, path: string, process: SimulatedProcess): DiskFile {
    return {
      write: (buffers, position) => {
        const sizeBytes = buffers.reduce((sum, { length }) => sum + length, 0);
        const grownBytes = Math.max(0, position + sizeBytes - file.sizeBytes);
        if (grownBytes > 0 && this.usedBytes + grownBytes > this.capacityBytes) return this.#refuse(path);
        return this.#later(process, this.#dice.between(0, 0.2), () => {
          file.write(buffers, position);
          this.#countWrite();
        });
      },
      sync: () => this.#sync(file, path, process),
      read: (target, position) =>
        this.#dice.chance(SLOW_READ_SHARE)
          ? this.#later(process, this.#dice.between(0, 1), () => file.read(target, position))
          : Promise.resolve(file.read(target, position)),
      sizeBytes: () => Promise.resolve(file.sizeBytes),
      truncate: (sizeBytes) => Promise.resolve(file.truncate(sizeBytes)),
      close: () => Promise.resolve(),
    };
  }

  #sync(file: SimulatedFile, path: string, process: SimulatedProcess): Promise<void> {
    if (this.#sins.syncsNothing === true) return Promise.resolve();
    const end = file.beginSync();
    const durationMs = this.#dice.between(0.1, this.syncMaxMs);
    if (durationMs > ORDINARY_SYNC_MAX_MS) this.#simulation.happened("slow sync");
    return this.#later(process, durationMs, () => {
      const fails = this.failingSyncs > 0;
      if (fails) this.failingSyncs -= 1;
      end(!fails);
      if (!fails) return;
      this.#simulation.happened("failed sync");
      throw systemError("EIO", path);
    });
  }

  #countWrite(): void {
    const { afterWrites } = this;
    if (afterWrites === undefined) return;
    afterWrites.left -= 1;
    if (afterWrites.left > 0) return;
    this.afterWrites = undefined;
    this.#simulation.after(0, undefined, afterWrites.strike);
  }

  #refuse(path: string): Promise<void> {
    this.#simulation.happened("write refused by a full disk");
    return Promise.reject(systemError("ENOSPC", path));
  }

  #rename(from: string, to: string): Promise<void> {
    const file = this.#files.get(from);
    if (file === undefined) return Promise.reject(systemError("ENOENT", from));
    this.#files.delete(from);
    // A replaced name is durable or not as a whole; the journaling of file systems keeps the old file until then.
    file.nameIsDurable = true;
    this.#files.set(to, file);
    return Promise.resolve();
  }

  #openDatabase(directory: string, process: SimulatedProcess): ReturnType<OpenDatabase> {
    let database = this.#databases.get(directory);
    if (database === undefined) this.#databases.set(directory, (database = new SimulatedDatabase()));
    return Promise.resolve(database.openedBy(process));
  }

  #namesIn(path: string): string[] {
    return [...this.#files.keys()].filter((name) => parentOf(name) === path).map((name) => name.slice(path.length + 1));
  }

  /** Work that takes time; of a process that died meanwhile nothing is heard, and whether it happened is chance. */
  #later<T>(process: SimulatedProcess, delayMs: number, work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#simulation.after(delayMs, process, () => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
    });
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
