/** The {@link LeaseSession} that a consumer holds: signals set by the coordinator, writes that go to the store. */
import { ServiceError } from "@millrace/base";
import type { RecordPosition } from "../lease/checkpoint.ts";
import { PREPARED_STATE_CHARACTERS_MAX, type Lease, type LeasedShard, type LeaseGrant } from "../lease/lease.ts";
import type { CheckpointAnswer, CheckpointRequest } from "../lease/lease-store.ts";
import type { LeaseSession } from "../lease/lease-session.ts";

/** What a session asks of its host. */
export interface SessionHost {
  checkpoint(request: CheckpointRequest): Promise<CheckpointAnswer>;
  finish(grant: LeaseGrant, children: readonly LeasedShard[]): Promise<"stored" | "lost">;
  stored(grant: LeaseGrant, position: RecordPosition): void;
  refused(grant: LeaseGrant): void;
  progress(grant: LeaseGrant, bytes: number): void;
}

/** See the file comment. */
export class ActiveSession implements LeaseSession {
  readonly lease: Lease;
  readonly #grant: LeaseGrant;
  readonly #host: SessionHost;
  readonly #lost = new AbortController();
  readonly #draining = new AbortController();
  isFinished: boolean = false;

  constructor(lease: Lease, host: SessionHost) {
    this.lease = lease;
    this.#grant = { key: lease.key, incarnation: lease.incarnation ?? "", fencingToken: lease.fencingToken };
    this.#host = host;
  }

  get fencingToken(): number {
    return this.lease.fencingToken;
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  get draining(): AbortSignal {
    return this.#draining.signal;
  }

  get incarnation(): string {
    return this.#grant.incarnation;
  }

  drain(): void {
    this.#draining.abort();
  }

  abort(): void {
    this.#draining.abort();
    this.#lost.abort();
  }

  checkpoint(position: RecordPosition): Promise<void> {
    return this.#write({ ...this.#grant, position });
  }

  async prepare(position: RecordPosition, state: string): Promise<void> {
    if (state.length > PREPARED_STATE_CHARACTERS_MAX) {
      throw new ServiceError("USAGE", `prepared state is at most ${PREPARED_STATE_CHARACTERS_MAX} characters`);
    }
    await this.#write({ ...this.#grant, position: undefined, prepare: { position, state } });
  }

  async finish(children: readonly LeasedShard[]): Promise<void> {
    this.#assertHeld();
    if ((await this.#host.finish(this.#grant, children)) === "lost") throw this.#lostNow();
    this.isFinished = true;
  }

  progress(deliveredBytes: number = 0): void {
    this.#host.progress(this.#grant, deliveredBytes);
  }

  async #write(request: CheckpointRequest): Promise<void> {
    this.#assertHeld();
    const answer = await this.#host.checkpoint(request);
    if (answer === "lost") throw this.#lostNow();
    if (answer === "behind") {
      throw new ServiceError("CONFLICT", `${this.#grant.key} is further than this checkpoint`, {
        ids: { reason: "behind" },
      });
    }
    const { position } = request;
    if (position !== undefined) this.#host.stored(this.#grant, position);
  }

  #assertHeld(): void {
    if (this.signal.aborted) throw lostError(this.#grant);
  }

  #lostNow(): ServiceError {
    this.#host.refused(this.#grant);
    return lostError(this.#grant);
  }
}

function lostError({ key }: LeaseGrant): ServiceError {
  return new ServiceError("CONFLICT", `the lease of ${key} is another's`, { ids: { reason: "lost" } });
}
