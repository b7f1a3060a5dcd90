/** Rules of the whole stack that a test can take away from it, to prove that a client's view of the cluster would show it. */
import { EtcdClient } from "@millrace/rpc";
import { RecentAppends } from "../../packages/storage-node/src/append/recent-appends.ts";

/** See the file comment. */
export type FullStackMutant =
  /** A sync is answered before anything is on the disk; the simulated disk does that. */
  | "syncs nothing"
  /** A leader does not recognise an append that is sent again. */
  | "stores repeats again"
  /** Transactions of a coordinator do not compare the election that they were made under. */
  | "writes under no election";

/** Takes the rule away until the answer is called. */
export function plant(mutant: FullStackMutant): () => void {
  switch (mutant) {
    case "stores repeats again":
      return replace(RecentAppends.prototype, "find", () => () => undefined);
    case "writes under no election":
      return replace(EtcdClient.prototype, "transact", (transact) => {
        return function unguarded(this: EtcdClient, transaction) {
          const isElection = transaction.conditions.some(
            (condition) => "createdRevision" in condition && condition.createdRevision === 0,
          );
          return transact.call(this, isElection ? transaction : { ...transaction, conditions: [] });
        };
      });
    default:
      return () => undefined;
  }
}

/** Puts a method made from the real one in its place, until the answer is called. */
function replace<Part extends object, Name extends keyof Part>(
  part: Part,
  name: Name,
  make: (real: Part[Name]) => Part[Name],
): () => void {
  const real = Object.getOwnPropertyDescriptor(part, name);
  Object.defineProperty(part, name, { value: make(part[name]), configurable: true });
  return () => void (real === undefined || Object.defineProperty(part, name, real));
}
