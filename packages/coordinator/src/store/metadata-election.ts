/**
 * The seam that decides which of several coordinators acts. Who wins gets a mandate: a store that writes under this
 * election only. A mandate that is over stays over; its holder becomes a standby and campaigns again.
 */
import type { MetadataStore } from "./metadata-store.ts";

/** The right to act as the coordinator. */
export interface Mandate {
  /** Closing it gives the mandate back, so that another need not wait for it to run out. */
  readonly store: MetadataStore;
  /** Whether it certainly still holds at this moment: nobody else can have been elected yet. */
  isValid(): boolean;
  /** Resolves with the reason once it is over. Never rejects. */
  readonly over: Promise<string>;
}

/** See the file comment. */
export interface MetadataElection {
  /** Whether a coordinator whose store failed may campaign again; else its process must end. */
  readonly again: boolean;
  /** Why the metadata cannot be had, as of the last attempt to reach them; undefined when they can. */
  trouble(): string | undefined;
  /** Waits, as long as it takes, until this coordinator is elected; undefined once `signal` aborts. */
  campaign(signal: AbortSignal): Promise<Mandate | undefined>;
  /** Releases what campaigning needs; mandates end. Idempotent. */
  close(): Promise<void>;
}

/** The election of a coordinator that is alone by construction: it opens its store once and is elected. */
export function uncontested(open: () => Promise<MetadataStore>): MetadataElection {
  let opened: Promise<MetadataStore> | undefined;
  return {
    again: false,
    trouble: () => undefined,
    campaign: async () => {
      opened ??= open();
      const store = await opened;
      return { store, isValid: () => true, over: new Promise(() => undefined) };
    },
    close: async () => {
      await (await opened)?.close();
    },
  };
}
