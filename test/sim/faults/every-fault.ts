/** What must really have happened in a number of seeds for them to have tested anything, by the names under which it is counted. */

/** Beside every kind of fault having struck. */
const effects: readonly string[] = [
  "failed sync",
  "slow sync",
  "torn write",
  "unsynced write lost",
  "bit rot in new bytes",
  "bit rot in an old file",
  "write refused by a full disk",
  "message lost with its connection",
  "delayed message",
  "request that arrives twice",
  "message overtaken by a later one",
  "message held by a cut",
  "message held by a one-way cut",
  "event waited for a slow process",
  "event waited for a paused process",
  "clock jump",
  "process with a drifting clock",
  "coordinator died before a commit",
  "coordinator died after a commit",
  "coordinator died at a call",
  "coordinator died at an answer",
  "metadata store refused",
  "commit of unknown outcome",
  "transaction of etcd refused",
];

/** What of all that did not happen. Every kind of fault that a seed could draw is counted, with zero at first. */
export function whatNeverHappened(tally: Readonly<Record<string, number>>): string[] {
  const never = Object.keys(tally).filter((name) => tally[name] === 0);
  return [...never, ...effects.filter((name) => tally[name] === undefined)];
}
