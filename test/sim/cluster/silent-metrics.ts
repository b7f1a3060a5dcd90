/** A metrics registry that keeps nothing but the count of failed assertions and what tells how full queues are: processes come and go by the hundred. */
import { AssertionError } from "@millrace/base";
import type { MetricsRegistry } from "@millrace/runtime";

/** How full each queue of a process is, by the name that operators see. */
export type QueueDepths = ReadonlyMap<string, number>;

/** See the file comment. */
export interface SilentMetrics {
  readonly registry: MetricsRegistry;
  readonly queueDepths: () => QueueDepths;
}

interface GaugeOptions {
  readonly name: string;
  readonly collect?: (gauge: { set(labels: { readonly queue: string }, value: number): void }) => void;
}

/** `onAssertion` hears of every failed assertion that became an answer. */
export function silentMetrics(onAssertion: (error: unknown) => void): SilentMetrics {
  const metric = { inc: ignore, set: ignore, observe: ignore, remove: ignore, reset: ignore, labels: () => metric };
  const make = (): typeof metric => metric;
  const queues: NonNullable<GaugeOptions["collect"]>[] = [];
  const gauge = ({ name, collect }: GaugeOptions): typeof metric => {
    if (name === "queue_depth" && collect !== undefined) queues.push(collect);
    return metric;
  };
  const registry = {
    counter: make,
    gauge,
    histogram: make,
    countIfAssertion: (error: unknown): void => {
      const cause = error instanceof Error ? error.cause : undefined;
      if (error instanceof AssertionError || cause instanceof AssertionError) onAssertion(error);
    },
    text: () => Promise.resolve(""),
    contentType: "text/plain",
    close: ignore,
  };
  const queueDepths = (): QueueDepths => {
    const depths = new Map<string, number>();
    for (const collect of queues) collect({ set: ({ queue }, value) => void depths.set(queue, value) });
    return depths;
  };
  return { registry: registry as unknown as MetricsRegistry, queueDepths };
}

function ignore(): void {
  return undefined;
}
