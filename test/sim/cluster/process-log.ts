/** What a process logs, as lines of the transcript; what it must never log is a violation. */
import type { LogFields, Logger } from "@millrace/runtime";
import type { Simulation } from "../world/simulation.ts";

/** Messages by which the product says that a rule was broken. */
const NEVER = new Set([
  "a shard was stopped: it needs an operator",
  "a request failed because of a defect",
  "a call failed because of a defect",
]);

/** A logger for one process. */
export function processLog(simulation: Simulation, name: string): Logger {
  const tell = (fields: LogFields, message: string): void => {
    simulation.transcript.tell(name, `${message}${described(fields)}`);
    if (NEVER.has(message)) simulation.violate(new Error(`${name}: ${message}${described(fields)}`));
  };
  const logger: Logger = { debug: () => undefined, info: tell, warn: tell, error: tell, child: () => logger };
  return logger;
}

function described(fields: LogFields): string {
  const words = Object.entries(fields).map(([key, value]) => {
    if (value instanceof Error) return `${key}=${value.message}`;
    return `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`;
  });
  return words.length === 0 ? "" : ` (${words.join(", ")})`;
}
