/**
 * The takings of this worker and how they end. Every end is a command for the host and a change of our picture of the table. Pure.
 *
 * Invariant: a session stays until its consumer has settled, so that no second one of the same lease begins beside it.
 */
import type { Lease, LeaseGrant, LeaseKey } from "../lease/lease.ts";
import type { SessionEnd } from "../lease/lease-session.ts";
import type { CoordinatorCommand } from "./coordinator-contract.ts";
import { HeldSession } from "./held-session.ts";
import type { LeaseTable } from "./lease-table.ts";

/** See the file comment. */
export class HeldSessions implements Iterable<HeldSession> {
  readonly #table: LeaseTable;
  readonly #say: (command: CoordinatorCommand) => void;
  readonly #sessions = new Map<LeaseKey, HeldSession>();

  /** `say` is given each command at once. */
  constructor(table: LeaseTable, say: (command: CoordinatorCommand) => void) {
    this.#table = table;
    this.#say = say;
  }

  [Symbol.iterator](): Iterator<HeldSession> {
    return this.#sessions.values();
  }

  /** Those whose leases are ours, without those that only wait for their consumers to settle. */
  get held(): readonly HeldSession[] {
    return [...this.#sessions.values()].filter(({ isHeld }) => isHeld);
  }

  has(key: LeaseKey): boolean {
    return this.#sessions.has(key);
  }

  get(key: LeaseKey): HeldSession | undefined {
    return this.#sessions.get(key);
  }

  /** The session of exactly this taking. */
  current({ key, incarnation }: { readonly key: LeaseKey; readonly incarnation: string }): HeldSession | undefined {
    const session = this.#sessions.get(key);
    return session?.grant.incarnation === incarnation ? session : undefined;
  }

  begin(lease: Lease, now: number): void {
    this.#sessions.set(lease.key, new HeldSession(lease, now));
    this.#say({ type: "begin", lease });
  }

  /** Lets its consumer finish until `deadlineMs`. */
  drain(session: HeldSession, end: SessionEnd, deadlineMs: number): void {
    if (session.state === "pausing") {
      session.deadlineMs = -Infinity;
    } else if (session.state === "running") {
      session.state = "draining";
      session.end = end;
      session.deadlineMs = deadlineMs;
      this.#say({ type: "drain", key: session.grant.key });
    } else if (session.state === "draining") {
      session.deadlineMs = Math.min(session.deadlineMs, deadlineMs);
    }
  }

  /** Ends it at once; it stays until its consumer has settled. */
  abort(session: HeldSession, end: SessionEnd): void {
    if (session.state === "pausing") return this.forget(session, end);
    session.state = "ended";
    session.end = end;
    this.#say({ type: "abort", key: session.grant.key, end });
  }

  /** Gives a taking back, reserved for `to` when that is somebody. */
  giveBack(grant: LeaseGrant, to: string | undefined): void {
    this.#say({ type: "release", lease: { ...grant, to } });
    const row = this.#table.leases.get(grant.key);
    if (row?.incarnation === grant.incarnation) {
      this.#table.leases.set(grant.key, { ...row, owner: undefined, handoffTo: to });
    }
  }

  /** Its consumer has settled. */
  forget(session: HeldSession, end: SessionEnd): void {
    this.#sessions.delete(session.grant.key);
    this.#say({ type: "ended", lease: session.lease, end });
  }
}
