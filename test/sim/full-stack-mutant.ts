/** Rules of the whole stack that a test can take away from it, to prove that a client's view of the cluster would show it. */
import { RecentAppends } from "../../packages/storage-node/src/append/recent-appends.ts";

/** See the file comment. */
export type FullStackMutant =
  /** A sync is answered before anything is on the disk; the simulated disk does that. */
  | "syncs nothing"
  /** A leader does not recognise an append that is sent again. */
  | "stores repeats again";

/** Takes the rule away until the answer is called. */
export function plant(mutant: FullStackMutant): () => void {
  if (mutant === "syncs nothing") return () => undefined;
  const find = Object.getOwnPropertyDescriptor(RecentAppends.prototype, "find");
  Object.defineProperty(RecentAppends.prototype, "find", { value: () => undefined, configurable: true });
  return () => {
    if (find !== undefined) Object.defineProperty(RecentAppends.prototype, "find", find);
  };
}
