/** Which members were asked in the phase under way: each at most once at a time, and again some time after its call failed. */
import type { ReplicaPlace } from "../state/cluster-state.ts";
import type { EpochContext } from "./epoch-step.ts";

/** Pause before a call to a live node that failed is repeated. */
const REPEAT_MS = 500;

/** See the file comment. */
export class AskedMembers {
  readonly #askedAtMs = new Map<string, number>();
  readonly #outstanding = new Set<string>();

  /** Members to ask now, marked as asked: those up, not done, and not waiting for an answer or for their turn. */
  take({ nowMs, record, isUp }: EpochContext, isDone: (nodeId: string) => boolean): ReplicaPlace[] {
    const due = record.set.filter(({ nodeId }) => {
      if (isDone(nodeId) || this.#outstanding.has(nodeId) || !isUp(nodeId)) return false;
      return nowMs >= (this.#askedAtMs.get(nodeId) ?? -Infinity) + REPEAT_MS;
    });
    for (const { nodeId } of due) {
      this.#askedAtMs.set(nodeId, nowMs);
      this.#outstanding.add(nodeId);
    }
    return due;
  }

  /** Whether an answer of the node may still come. */
  awaits(nodeId: string): boolean {
    return this.#outstanding.has(nodeId);
  }

  /** The node's call has ended, well or not. */
  answered(nodeId: string): void {
    this.#outstanding.delete(nodeId);
  }

  /** The node died: once it is up again it is asked at once. */
  forget(nodeId: string): void {
    this.#outstanding.delete(nodeId);
    this.#askedAtMs.delete(nodeId);
  }

  /** A phase begins in which nobody was asked anything. */
  clear(): void {
    this.#askedAtMs.clear();
    this.#outstanding.clear();
  }
}
