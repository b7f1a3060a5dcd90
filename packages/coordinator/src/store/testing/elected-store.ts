/** Stores of elected coordinators on a real etcd. For tests only. */
import { assert } from "@millrace/base";
import { createLogger, realClock, realRandom } from "@millrace/runtime";
import { openEtcdElection } from "../etcd-election.ts";
import type { Mandate, MetadataElection } from "../metadata-election.ts";
import type { MetadataStore } from "../metadata-store.ts";

/** A candidate at `endpoint` under `prefix`. */
export function candidate(endpoint: string, prefix: string, address = "127.0.0.1:1"): MetadataElection {
  return openEtcdElection({
    etcd: { endpoints: [endpoint] },
    prefix,
    address,
    clock: realClock,
    random: realRandom,
    logger: createLogger({ role: "coordinator", level: "silent" }),
  });
}

/** Waits for election. */
export async function elected(election: MetadataElection): Promise<Mandate> {
  const mandate = await election.campaign(new AbortController().signal);
  assert(mandate !== undefined, "nobody aborts it");
  return mandate;
}

/** The store of a candidate that was elected. Closing it closes the candidate. */
export async function electedStore(endpoint: string, prefix: string): Promise<MetadataStore> {
  const election = candidate(endpoint, prefix);
  const { store } = await elected(election);
  const close = async (): Promise<void> => {
    await store.close();
    await election.close();
  };
  return {
    load: () => store.load(),
    commit: (changes) => store.commit(changes),
    close,
    [Symbol.asyncDispose]: close,
  };
}
