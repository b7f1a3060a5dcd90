/** Carries out an {@link AttemptPlan}: calls the handler, waits between attempts, writes dead letters, says how far it has come. */
import { ServiceError, sleep, type Clock, type Random } from "@millrace/base";
import { unlessAborted } from "../consume/deadline-signal.ts";
import type { DeadLetterSink } from "../dead-letter/dead-letter.ts";
import type { RecordPosition } from "../lease/checkpoint.ts";
import { AttemptPlan, type RetryOptions } from "./attempt-plan.ts";
import type { ConsumeHappening } from "./consume-event.ts";
import { BatchFailure, type BatchContext, type ConsumedRecord, type Handler, type ShardContext } from "./handler.ts";

/** What a batch is run with. */
export interface BatchRun {
  readonly records: readonly ConsumedRecord[];
  readonly handler: Handler;
  readonly shard: ShardContext;
  readonly millisBehindLatest: number;
  readonly retry: RetryOptions;
  readonly deadLetter: DeadLetterSink | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** No further attempt begins after it aborts; one that is running may end. */
  readonly draining: AbortSignal;
  readonly happened: (happening: ConsumeHappening) => void;
  /** The first `count` records are done with. Grows; called before {@link runBatch} resolves. */
  readonly settled: (count: number) => void;
  /** Stores what is about to be done up to `position`. */
  readonly prepare: (position: RecordPosition, state: string) => Promise<void>;
  /** An attempt has come to an end, well or not. */
  readonly attempted: () => void;
}

/** Resolves when all records are settled, or when `shard.signal` or `draining` ended it before. Never rejects. */
export async function runBatch(run: BatchRun): Promise<void> {
  const { records, retry, clock, random, draining, shard } = run;
  const whenExhausted = run.deadLetter === undefined ? "retry" : "dead-letter";
  const plan = new AttemptPlan(records.length, { ...retry, whenExhausted });
  let lastError: unknown;
  const isOver = (): boolean => shard.signal.aborted || (draining.aborted && lastError !== undefined);
  for (;;) {
    const step = plan.next();
    if (step.kind === "done" || isOver()) return;
    const part = records.slice(step.from, step.to);
    if (step.kind === "dead-letter") {
      if (!(await writeDeadLetter(run, part, step.attempts, lastError))) return;
      plan.succeeded();
    } else {
      if (plan.backoffMs > 0) {
        await sleep(clock, plan.backoffMs * (0.5 + random.float() / 2), AbortSignal.any([draining, shard.signal]));
        if (isOver()) return;
      }
      const outcome = await attempt(run, part, step.attempt, (count) => run.settled(step.from + count));
      if (outcome === undefined) return;
      if (outcome.failure === undefined) plan.succeeded();
      else {
        lastError = outcome.error;
        plan.failed(outcome.failure);
      }
    }
    run.settled(plan.settled);
    run.attempted();
  }
}

type Outcome =
  | { readonly failure: undefined }
  | { readonly failure: { handled: number; pinpointed: boolean }; readonly error: unknown };

/** How one call went; undefined when the signal did not let it end. */
async function attempt(
  run: BatchRun,
  records: readonly ConsumedRecord[],
  number: number,
  settled: (count: number) => void,
): Promise<Outcome | undefined> {
  const { handler, clock, shard, happened } = run;
  const startMs = clock.monotonicMs();
  let handled = 0;
  let isRunning = true;
  const context: BatchContext = {
    ...shard,
    attempt: number,
    millisBehindLatest: run.millisBehindLatest,
    handled(count) {
      if (!isRunning || count <= handled || shard.signal.aborted) return;
      // The last record is settled by the call's own end, so that a rejection after it still has something to reject.
      handled = Math.min(count, records.length - 1);
      settled(handled);
    },
    async prepare(count, state) {
      const last = records[count - 1];
      if (last === undefined) throw new ServiceError("USAGE", `there is no record ${count} of ${records.length}`);
      await run.prepare({ sequenceNumber: last.sequenceNumber, subSequenceNumber: last.subSequenceNumber }, state);
    },
  };
  try {
    const done = await unlessAborted(shard.signal, invoke(handler, records, context));
    if (done === undefined) return undefined;
    happened({
      kind: "handled",
      records: records.length,
      durationMs: clock.monotonicMs() - startMs,
      attempt: number,
    });
    return { failure: undefined };
  } catch (error) {
    const named = error instanceof BatchFailure ? error.failedIndex : -1;
    const pinpointed = named >= handled && named < records.length;
    const failure = { handled: pinpointed ? named : handled, pinpointed };
    happened({ kind: "attempt-failed", records: records.length, handled: failure.handled, attempt: number, error });
    return { failure, error };
  } finally {
    isRunning = false;
  }
}

async function invoke(handler: Handler, records: readonly ConsumedRecord[], context: BatchContext): Promise<true> {
  if ("batch" in handler) {
    await handler.batch(records, context);
    return true;
  }
  for (const [index, record] of records.entries()) {
    context.signal.throwIfAborted();
    try {
      await handler.record(record, context);
    } catch (error) {
      throw new BatchFailure(index, error instanceof Error ? error.message : String(error), { cause: error });
    }
    context.handled(index + 1);
  }
  return true;
}

/** Tries until it is written; false when the shard was given up before. */
async function writeDeadLetter(
  run: BatchRun,
  records: readonly ConsumedRecord[],
  attempts: number,
  error: unknown,
): Promise<boolean> {
  const { deadLetter, shard, draining, clock, retry, happened } = run;
  const over = AbortSignal.any([draining, shard.signal]);
  for (let failures = 0; ; failures += 1) {
    try {
      const { stream, shardId, signal } = shard;
      await deadLetter?.({ stream, shardId, records, attempts, error, atMs: clock.nowMs() }, signal);
      happened({ kind: "dead-lettered", records: records.length, attempts, error });
      return true;
    } catch (failed) {
      happened({ kind: "dead-letter-failed", records: records.length, error: failed });
      run.attempted();
      await sleep(clock, Math.min(retry.backoffMaxMs, retry.backoffMinMs * 2 ** Math.min(failures, 30)), over);
      if (over.aborted) return false;
    }
  }
}
