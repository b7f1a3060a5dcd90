/**
 * The shape of every control operation: a pure function from state and validated input to an output and changes.
 * `operations.ts` maps operation names to these; the service applies the changes before it answers.
 */
import type { Random } from "@millrace/base";
import type { ClusterState, StateChange } from "../state/cluster-state.ts";

/** Account quotas and paces. AWS's values are the defaults; `limits: off` sets them out of reach. */
export interface ControlLimits {
  readonly shardsPerAccountMax: number;
  readonly onDemandStreamsMax: number;
  readonly consumersPerStreamMax: number;
  readonly streamsInTransitionMax: number;
  /** Lifts what AWS limits per rolling 24 hours or while things are CREATING, beside the quotas above. */
  readonly paceLimitsOff?: boolean;
  /** How long CREATING, UPDATING and DELETING of things that take no real work last. */
  readonly settleMs: number;
}

/** Who asks, when, and under which limits. */
export interface ControlContext {
  readonly accountId: string;
  readonly region: string;
  readonly principalArn: string;
  readonly nowMs: number;
  readonly random: Random;
  readonly limits: ControlLimits;
  /** 32 bytes: seals page tokens. */
  readonly tokenKey: Uint8Array;
}

/** A Kinesis error as the client sees it. */
export interface ControlError {
  readonly type: string;
  readonly message: string;
}

/** What an operation decided. Timestamps in `output` are epoch milliseconds; the gateway renders them per protocol. */
export type ControlOutcome =
  | { readonly output: Readonly<Record<string, unknown>> | undefined; readonly changes: readonly StateChange[] }
  | { readonly error: ControlError };

/** See the file comment. `input` has passed the model's validation. */
export type ControlOperation<Input = never> = (
  state: ClusterState,
  input: Input,
  context: ControlContext,
) => ControlOutcome;
