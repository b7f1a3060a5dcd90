/** A handler whose work is done by commands of any language: a few of them, each with its share of the shards. */
import { realClock, type Clock } from "@millrace/base";
import { withinDeadline } from "../consume/deadline-signal.ts";
import { BatchFailure, type BatchHandler, type ShardContext } from "../handler/handler.ts";
import { ExecChild, ExecFailure, type ExecCommand, type ExecEvents } from "./exec-child.ts";
import { momentLine, recordsLine, type ShardMoment } from "./exec-protocol.ts";

/** Which command, and how many of it. */
export interface ExecOptions extends Omit<ExecCommand, "graceMs"> {
  /** Commands side by side; a shard stays with one of them. 1 unless given. */
  readonly processes?: number;
  readonly graceMs?: number;
  readonly events?: ExecEvents;
  readonly clock?: Clock;
}

/** A handler with commands to be stopped. */
export interface ExecHandler extends BatchHandler {
  /** Starts the commands. Errors: USAGE when they cannot be started. */
  start(): Promise<void>;
  /** Closes their input and waits until they have ended. */
  close(): Promise<void>;
}

const GRACE_MS = 10_000;

/** Feeds records to `command` over standard input and output; see `docs/formats/worker-exec.md`. */
export function execHandler(options: ExecOptions): ExecHandler {
  const { processes = 1, graceMs = GRACE_MS, clock = realClock, events = {} } = options;
  const children = Array.from({ length: processes }, () => new ExecChild({ ...options, graceMs }, events, clock));
  const childOf = (shardId: string): ExecChild => {
    const number = Number(/\d+$/.exec(shardId)?.[0] ?? 0);
    const child = children[number % children.length];
    if (child === undefined) throw new RangeError("processes must be at least 1");
    return child;
  };
  const tell = (type: ShardMoment, context: ShardContext, signal: AbortSignal): Promise<void> =>
    childOf(context.shardId).ask((id) => momentLine(id, type, context), signal);
  return {
    async batch(records, context) {
      try {
        const compose = (id: number): string => recordsLine(id, records, context);
        await childOf(context.shardId).ask(compose, context.signal, (count) => context.handled(count));
      } catch (error) {
        if (!(error instanceof ExecFailure) || error.failedIndex === undefined) throw error;
        throw new BatchFailure(error.failedIndex, error.message, { cause: error });
      }
    },
    started: (context) => tell("shard-started", context, context.signal),
    ended: (context) => tell("shard-ended", context, context.signal),
    // Told also when the lease is lost, which is when the context's signal has aborted.
    stopped: (context) =>
      withinDeadline(clock, graceMs, new AbortController().signal, (limited) =>
        tell("shard-stopped", context, limited),
      ),
    async start() {
      await Promise.all(children.map((child) => child.start()));
    },
    async close() {
      await Promise.all(children.map((child) => child.close()));
    },
  };
}
