/**
 * A coordinator reduced to what replicas can see of it: it burns epochs, seals, chooses, recovers and installs sets. It
 * forgets no attempt, so any of them may still act when a later one is long decided, as a paused process would.
 */
import { assert } from "@millrace/base";
import type { ReplicaMember } from "../replica-state.ts";
import type { LabReport, ReplicaLab } from "./replica-lab.ts";

/** One fail-over or replacement, for which one epoch was burnt. */
export interface Attempt {
  readonly epoch: number;
  readonly sealed: readonly ReplicaMember[];
  readonly target: readonly ReplicaMember[];
  leader: string | undefined;
}

/** See the file comment. */
export class LabCoordinator {
  epoch = 0;
  set: readonly ReplicaMember[];
  readonly attempts: Attempt[] = [];
  readonly #lab: ReplicaLab;

  constructor(lab: ReplicaLab, names: readonly string[]) {
    this.#lab = lab;
    this.set = names.map((name) => lab.memberOf(name));
  }

  /** Burns the next epoch. `target` is the set to open with: the one in force, or it with one member replaced. */
  begin(target: readonly ReplicaMember[]): Attempt {
    this.epoch += 1;
    const attempt: Attempt = { epoch: this.epoch, sealed: this.set, target, leader: undefined };
    this.attempts.push(attempt);
    return attempt;
  }

  seal(attempt: Attempt, { nodeId, replicaUuid }: ReplicaMember): void {
    if (attempt.leader === undefined) this.#lab.seal(nodeId, attempt.epoch, replicaUuid);
  }

  /** Tells the best of those who answered to lead, once two valid answers are there. Repeated, it asks the same again. */
  recover(attempt: Attempt): void {
    const reports = attempt.sealed.flatMap((member) => this.#validReport(attempt, member));
    if (reports.length < 2) return;
    const best = reports.reduce((a, b) => (compareReports(b.report, a.report) > 0 ? b : a));
    const leads = attempt.leader ?? best.nodeId;
    const chosen = reports.find(({ nodeId }) => nodeId === leads);
    if (chosen === undefined || !attempt.target.some((member) => member.nodeId === leads)) return;
    attempt.leader = leads;
    const setChanges = attempt.target !== attempt.sealed;
    this.#lab.recoverFrom(leads, attempt.epoch, { reported: chosen.report, set: attempt.target, setChanges });
  }

  /** The compare-and-set that installs a changed set: only while no later epoch was burnt. */
  confirm(attempt: Attempt, adopted: boolean): void {
    if (!adopted || attempt.leader === undefined || attempt.target === attempt.sealed) return;
    if (this.epoch === attempt.epoch) this.set = attempt.target;
    if (this.set === attempt.target) this.#lab.step(attempt.leader, { type: "openConfirmed", epoch: attempt.epoch });
  }

  #validReport(
    { epoch }: Attempt,
    { nodeId, replicaUuid }: ReplicaMember,
  ): { readonly nodeId: string; readonly report: LabReport }[] {
    const report = this.#lab.node(nodeId).reports.get(epoch);
    if (report === undefined || report.replicaUuid !== replicaUuid || report.suspect) return [];
    assert(report.promisedEpoch === epoch, "reports are kept by epoch");
    return [{ nodeId, report }];
  }
}

function compareReports(a: LabReport, b: LabReport): number {
  return a.logEpoch - b.logEpoch || a.logEnd - b.logEnd;
}
