/** The simplest thing that could be a log store, to compare the real one with. */
import { frameEndOffset, type Frame } from "@millrace/model";
import { expect } from "vitest";
import type { LogStore } from "../log-store-contract.ts";

interface ModelLog {
  frames: Frame[];
  logStart: number;
  logEnd: number;
  state: string | undefined;
}

/** Shards as arrays of frames. */
export class ModelStore {
  readonly #logs = new Map<number, ModelLog>();
  readonly #dropped = new Set<number>();

  logEnd(shardUid: number): number {
    return this.#logs.get(shardUid)?.logEnd ?? 0;
  }

  append(frame: Frame): void {
    const log = this.#log(frame.header.shardUid);
    log.frames.push(frame);
    log.logEnd = frameEndOffset(frame.header);
  }

  state(shardUid: number, state: string): void {
    this.#log(shardUid).state = state;
  }

  /** A frame boundary of the living log, `part` of the way through it. */
  boundary(shardUid: number, part: number): number {
    const log = this.#log(shardUid);
    const boundaries = [...log.frames.map((frame) => frame.header.baseOffset), log.logEnd];
    return boundaries[Math.min(boundaries.length - 1, Math.floor(part * boundaries.length))] ?? log.logEnd;
  }

  truncate(shardUid: number, logEnd: number): void {
    const log = this.#log(shardUid);
    log.frames = log.frames.filter((frame) => frame.header.baseOffset < logEnd);
    log.logEnd = Math.min(log.logEnd, logEnd);
    log.logStart = Math.min(log.logStart, log.logEnd);
  }

  reset(shardUid: number, to: number): void {
    Object.assign(this.#log(shardUid), { frames: [], logStart: to, logEnd: to });
  }

  drop(shardUid: number): void {
    this.#logs.delete(shardUid);
    this.#dropped.add(shardUid);
  }

  /** Trims `part` of the living log; answers its new start. */
  trim(shardUid: number, part: number): number {
    const log = this.#logs.get(shardUid);
    if (log === undefined) return 0;
    log.logStart += Math.floor(part * (log.logEnd - log.logStart));
    log.frames = log.frames.filter((frame) => frameEndOffset(frame.header) > log.logStart);
    return log.logStart;
  }

  /** Trims again what was trimmed, as a host does after each open. */
  trimAgain(store: LogStore): void {
    for (const [shardUid, { logStart }] of this.#logs) store.trim(shardUid, logStart);
  }

  /** Every shard of `store` reads as this model does, and finds times as it does. */
  async check(store: LogStore): Promise<void> {
    for (const shardUid of this.#dropped)
      if (!this.#logs.has(shardUid)) expect((await store.read(shardUid, 0, 1000)).frames).toEqual([]);
    for (const [shardUid, log] of this.#logs) {
      const read: Frame[] = [];
      for (let from = log.logStart; from < log.logEnd;) {
        const { frames } = await store.read(shardUid, from, 700);
        read.push(...frames);
        const last = frames.at(-1);
        expect(last, `shard ${shardUid} reads on at ${from}`).toBeDefined();
        if (last === undefined) break;
        from = frameEndOffset(last.header);
      }
      expect(read.map(summarize)).toEqual(log.frames.map(summarize));
      await this.#checkTimes(store, shardUid, log);
    }
  }

  async #checkTimes(store: LogStore, shardUid: number, log: ModelLog): Promise<void> {
    const middle = log.frames[log.frames.length >> 1];
    if (middle === undefined) return;
    for (const timeMs of [middle.header.arrivalMs, middle.header.arrivalMs + 1]) {
      const expected = log.frames.find((frame) => frame.header.arrivalMs >= timeMs)?.header.baseOffset ?? log.logEnd;
      expect(await store.locateTime(shardUid, timeMs)).toBe(Math.max(expected, log.logStart));
    }
  }

  /** The store, just opened, tells of every replica what is true, and of no other. */
  checkRecovered(store: LogStore): void {
    expect(new Set(store.recovered.keys())).toEqual(new Set(this.#logs.keys()));
    for (const [shardUid, log] of this.#logs) {
      const recovered = store.recovered.get(shardUid);
      const state = recovered?.state === undefined ? undefined : Buffer.from(recovered.state).toString();
      expect({ state, logEnd: recovered?.logEnd, damaged: recovered?.damaged }).toEqual({
        state: log.state,
        logEnd: log.logEnd,
        damaged: false,
      });
      const last = log.frames.at(-1);
      if (last !== undefined)
        expect(recovered).toMatchObject({
          lastFrameEpoch: last.header.epoch,
          lastArrivalMs: last.header.arrivalMs,
          lastFrameKind: last.header.kind,
        });
    }
  }

  #log(shardUid: number): ModelLog {
    let log = this.#logs.get(shardUid);
    if (log === undefined) this.#logs.set(shardUid, (log = { frames: [], logStart: 0, logEnd: 0, state: undefined }));
    return log;
  }
}

function summarize(frame: Frame): string {
  return `${frame.header.baseOffset}+${frame.header.recordCount} ${frame.bytes.toString("latin1", 64, 72)} ${frame.header.bodyCrc}`;
}
