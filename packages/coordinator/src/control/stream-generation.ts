/** StreamCreationTimestamp in requests tells streams of one name apart that lived one after the other. */
import type { StreamRecord } from "../state/cluster-state.ts";

/** Whether the stream is the one created at `createdMs`. Clients round timestamps, so whole seconds are compared. */
export function isGeneration(stream: StreamRecord, createdMs: number | undefined): boolean {
  return createdMs === undefined || Math.floor(stream.createdMs / 1000) === Math.floor(createdMs / 1000);
}
