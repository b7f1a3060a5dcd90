/** Runs the life cycle's rules after changes and regularly, one write at a time. */
import type { Logger } from "@millrace/runtime";
import type { ControlLimits } from "../control/control-operation.ts";
import { advance } from "../lifecycle/advance.ts";
import type { LifecycleFacts } from "../lifecycle/lifecycle-facts.ts";
import type { StateWriter } from "./state-writer.ts";

/** What the loop works with. */
export interface LifeCycleParts {
  readonly writer: StateWriter;
  readonly logger: Logger;
  readonly limits: ControlLimits;
  readonly facts: () => LifecycleFacts;
  readonly nowMs: () => number;
}

/** See the file comment. */
export class LifeCycleLoop {
  readonly #parts: LifeCycleParts;
  #running = false;

  constructor(parts: LifeCycleParts) {
    this.#parts = parts;
  }

  /** To be called after changes and every 100 ms or so. Does nothing while its last write is under way. */
  tick(): void {
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    const { writer, limits, facts, nowMs, logger } = this.#parts;
    this.#running = true;
    try {
      await writer.submit("own", (state) => ({ changes: advance(state, nowMs(), limits, facts()), result: undefined }));
    } catch (error) {
      // The rules start from the tables each time: the next call decides anew.
      logger.error({ error }, "the life cycle failed");
    } finally {
      this.#running = false;
    }
  }
}
