/** Outcomes of operations that change nothing but the stream's own record. */
import type { StreamRecord } from "../state/cluster-state.ts";
import type { ControlContext, ControlOutcome } from "./control-operation.ts";

/** The stream becomes `value` at once. */
export function changeStream(value: StreamRecord, output?: Readonly<Record<string, unknown>>): ControlOutcome {
  return { output, changes: [{ table: "stream", key: value.streamUid, value }] };
}

/** The stream becomes `value` and is UPDATING until the change has settled. */
export function updateStream(
  value: StreamRecord,
  context: ControlContext,
  output?: Readonly<Record<string, unknown>>,
): ControlOutcome {
  return changeStream({ ...value, status: "UPDATING", activeAtMs: context.nowMs + context.limits.settleMs }, output);
}

/** Nothing changes. */
export function changeNothing(output?: Readonly<Record<string, unknown>>): ControlOutcome {
  return { output, changes: [] };
}
