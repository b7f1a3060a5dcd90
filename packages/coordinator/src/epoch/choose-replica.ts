/**
 * Which sealed replica leads the next epoch. Any majority of valid answers contains every committed record in its
 * greatest (log epoch, log end), so that one is chosen; everything else is a preference among equals.
 */

/** A valid answer to Seal: of a member of the set, with its uuid, for this epoch, not suspect. */
export interface SealAnswer {
  readonly nodeId: string;
  readonly replicaUuid: string;
  readonly boot: number;
  readonly logEpoch: number;
  readonly logEnd: number;
}

/** How many members of a set make a quorum: 2 of 3, 1 of 1. */
export function majorityOf(setSize: number): number {
  return Math.floor(setSize / 2) + 1;
}

/** Answers among which to choose and what to prefer among equals. */
export interface Choice {
  readonly answers: readonly SealAnswer[];
  readonly setSize: number;
  /** How much a node leads already: the least loaded wins among equal logs. */
  readonly loadOf: (nodeId: string) => number;
  /** Failed as a leader just now: passed over whenever the others alone are a quorum. Empty for none. */
  readonly avoid: string;
  /** Wins among equal logs. Empty for none. */
  readonly prefer?: string;
}

/** The replica to recover, or undefined while the answers are no quorum. */
export function chooseReplica(choice: Choice): SealAnswer | undefined {
  const majority = majorityOf(choice.setSize);
  if (choice.answers.length < majority) return undefined;
  const others = choice.answers.filter((answer) => answer.nodeId !== choice.avoid);
  const candidates = others.length >= majority ? others : choice.answers;
  return candidates.reduce((best, answer) => (isBetter(answer, best, choice) ? answer : best));
}

function isBetter(a: SealAnswer, b: SealAnswer, { loadOf, avoid, prefer }: Choice): boolean {
  if (a.logEpoch !== b.logEpoch) return a.logEpoch > b.logEpoch;
  if (a.logEnd !== b.logEnd) return a.logEnd > b.logEnd;
  if (a.nodeId === prefer || b.nodeId === prefer) return a.nodeId === prefer;
  if (a.nodeId === avoid || b.nodeId === avoid) return b.nodeId === avoid;
  const difference = loadOf(a.nodeId) - loadOf(b.nodeId);
  return difference === 0 ? a.nodeId < b.nodeId : difference < 0;
}
