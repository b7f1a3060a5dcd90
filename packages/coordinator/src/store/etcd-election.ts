/**
 * The election of the coordinator in etcd. Whoever makes the election's key is elected; the key hangs on a lease, which
 * only the elected one renews. A dead, stopped or cut-off coordinator cannot renew it: the key goes when the lease runs out,
 * and one of the standbys, which look for it all the time, makes it anew.
 */
import { ServiceError, sleep, type Clock, type Random } from "@millrace/base";
import { EtcdClient, type EtcdOptions } from "@millrace/rpc";
import type { Logger } from "@millrace/runtime";
import { etcdLayout, type EtcdLayout } from "./etcd-layout.ts";
import { EtcdMetadataStore } from "./etcd-metadata-store.ts";
import { Lease } from "./etcd-lease.ts";
import type { Mandate, MetadataElection } from "./metadata-election.ts";

/**
 * The lease runs out 3 s after its last renewal; etcd looks for expired ones twice a second. Shorter is no use (etcd's own minimum is
 * 2 s) and would depose a coordinator on a machine that is merely busy; longer would miss a takeover within 5 s.
 */
const TTL_SECONDS = 3;
/** How often a standby looks whether the election is open. */
const LOOK_MS = 200;

/** What the election works with. */
export interface EtcdElectionParts {
  readonly etcd: EtcdOptions;
  /** Key prefix of this cluster. */
  readonly prefix: string;
  /** `host:port` of this candidate, for people who look. */
  readonly address: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** See the file comment. Fails with USAGE when an endpoint is not a URL. */
export function openEtcdElection(parts: EtcdElectionParts): MetadataElection {
  return new EtcdElection(parts);
}

class EtcdElection implements MetadataElection {
  readonly again = true;
  readonly #parts: EtcdElectionParts;
  readonly #client: EtcdClient;
  readonly #layout: EtcdLayout;
  readonly #leases = new Set<Lease>();
  #elected = "";
  #trouble: string | undefined = "etcd has not answered yet";
  #told = false;

  constructor(parts: EtcdElectionParts) {
    this.#parts = parts;
    this.#client = new EtcdClient(parts.etcd);
    this.#layout = etcdLayout(parts.prefix);
  }

  async campaign(signal: AbortSignal): Promise<Mandate | undefined> {
    while (!signal.aborted) {
      try {
        if (await this.#isOpen()) {
          const mandate = await this.#run();
          if (mandate !== undefined) {
            this.#answered();
            return mandate;
          }
        }
        this.#answered();
      } catch (thrown) {
        const error = ServiceError.from(thrown);
        if (!this.#told) this.#parts.logger.warn({ error }, "etcd does not answer; trying again");
        this.#told = true;
        this.#trouble = `etcd does not answer: ${error.message}`;
      }
      await sleep(this.#parts.clock, LOOK_MS, signal);
    }
    return undefined;
  }

  trouble(): string | undefined {
    return this.#trouble;
  }

  #answered(): void {
    this.#trouble = undefined;
    this.#told = false;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#leases].map((lease) => lease.end("the election is closed")));
    this.#client.close();
  }

  async #isOpen(): Promise<boolean> {
    const [key] = (await this.#client.range({ from: this.#layout.election })).pairs;
    const elected = key?.value.toString() ?? "";
    if (elected !== this.#elected && elected !== "") {
      this.#parts.logger.info({ active: elected }, "standing by for another coordinator");
    }
    this.#elected = elected;
    return key === undefined;
  }

  async #run(): Promise<Mandate | undefined> {
    const { clock, random, address } = this.#parts;
    const lease = await Lease.grant({ client: this.#client, clock, random }, TTL_SECONDS);
    const commitId = `${address}/${lease.id}`;
    try {
      const { done, revision } = await this.#client.transact({
        conditions: [{ key: this.#layout.election, createdRevision: 0 }],
        writes: [
          { put: this.#layout.election, value: address, leaseId: lease.id },
          { put: this.#layout.commit, value: commitId },
        ],
      });
      if (done) return this.#mandate(lease, revision, commitId);
    } catch (thrown) {
      // The key may have been made; ending the lease removes it.
      await lease.end("the election was not answered");
      throw thrown;
    }
    await lease.end("another was elected");
    return undefined;
  }

  #mandate(lease: Lease, electedRevision: number, commitId: string): Mandate {
    this.#leases.add(lease);
    lease.keep();
    void lease.over.then(() => this.#leases.delete(lease));
    const isValid = (): boolean => lease.isValid();
    const store = new EtcdMetadataStore({
      client: this.#client,
      layout: this.#layout,
      clock: this.#parts.clock,
      electedRevision,
      commitId,
      isValid,
      resign: () => lease.end("given back"),
    });
    return { store, isValid, over: lease.over };
  }
}
