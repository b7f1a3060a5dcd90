/** A metrics registry that keeps nothing but the count of failed assertions: processes come and go by the hundred. */
import { AssertionError } from "@millrace/base";
import type { MetricsRegistry } from "@millrace/runtime";

/** `onAssertion` hears of every failed assertion that became an answer. */
export function silentMetrics(onAssertion: (error: unknown) => void): MetricsRegistry {
  const metric = { inc: ignore, set: ignore, observe: ignore, remove: ignore, reset: ignore, labels: () => metric };
  const make = (): typeof metric => metric;
  const registry = {
    counter: make,
    gauge: make,
    histogram: make,
    countIfAssertion: (error: unknown): void => {
      const cause = error instanceof Error ? error.cause : undefined;
      if (error instanceof AssertionError || cause instanceof AssertionError) onAssertion(error);
    },
    text: () => Promise.resolve(""),
    contentType: "text/plain",
    close: ignore,
  };
  return registry as unknown as MetricsRegistry;
}

function ignore(): void {
  return undefined;
}
