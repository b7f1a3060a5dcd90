/** Something that speaks the API and can be measured. */
import type { NamedProcess } from "../measure/process-cpu.ts";

/** A running server. */
export interface Target {
  readonly name: string;
  readonly port: number;
  readonly processes: readonly NamedProcess[];
  /** Whether it offers enhanced fan-out (SubscribeToShard). */
  readonly fanOut: boolean;
  /** host:port of Millrace's public gRPC service, where there is one. */
  readonly grpcAddress?: string;
  readonly stop: () => Promise<void>;
}
