/** Scales on-demand streams every ten seconds, from the rates that leaders report. */
import type { NodeReport__Output } from "@millrace/rpc";
import type { Logger } from "@millrace/runtime";
import { scaleOnDemandStreams, type OnDemandMemory, type ShardLoad } from "../lifecycle/on-demand-scaling.ts";
import type { StateWriter } from "./state-writer.ts";

const EVALUATE_MS = 10_000;
/** Every shard led is reported every 5 s; a load older than two of those says nothing about now. */
const LOAD_AGE_MAX_MS = 11_000;

/** What the loop works with. */
export interface ScalingParts {
  readonly writer: StateWriter;
  readonly logger: Logger;
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
}

/** See the file comment. What it remembers may be lost: a new coordinator counts again. */
export class ScalingLoop {
  readonly #parts: ScalingParts;
  /** Of shards that are in the tables; bounded by them. */
  readonly #loads = new Map<number, ShardLoad & { readonly atMs: number }>();
  #memory: OnDemandMemory = new Map();
  #evaluatedMs: number;
  #running = false;

  constructor(parts: ScalingParts) {
    this.#parts = parts;
    this.#evaluatedMs = parts.monotonicMs();
  }

  /** Takes the rates of shards that the reporting node leads by the record. */
  noteReport(report: NodeReport__Output): void {
    const atMs = this.#parts.monotonicMs();
    for (const { shardUid, bytesPerSecond, recordsPerSecond } of report.shards) {
      const isLeader = this.#parts.writer.tables.shards.get(shardUid)?.leader === report.nodeId;
      if (isLeader) this.#loads.set(shardUid, { shardUid, bytesPerSecond, recordsPerSecond, atMs });
    }
  }

  /** To be called every 100 ms or so. */
  tick(): void {
    const nowMs = this.#parts.monotonicMs();
    if (this.#running || nowMs < this.#evaluatedMs + EVALUATE_MS) return;
    this.#evaluatedMs = nowMs;
    for (const [shardUid, { atMs }] of this.#loads) {
      if (nowMs > atMs + LOAD_AGE_MAX_MS) this.#loads.delete(shardUid);
    }
    void this.#evaluate();
  }

  async #evaluate(): Promise<void> {
    const { writer, logger, nowMs } = this.#parts;
    this.#running = true;
    try {
      this.#memory = await writer.submit("own", (state) => {
        const { changes, memory } = scaleOnDemandStreams(state, nowMs(), this.#loads, this.#memory);
        return { changes, result: memory };
      });
    } catch (error) {
      // The next evaluation decides anew.
      logger.error({ error }, "scaling on demand failed");
    } finally {
      this.#running = false;
    }
  }
}
