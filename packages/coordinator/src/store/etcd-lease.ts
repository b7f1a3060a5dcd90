/**
 * A lease that is renewed until it is ended or cannot be renewed in time. It counts from when a renewal was sent, so
 * here it is over before it is in etcd.
 */
import type { Clock, Random, TimerHandle } from "@millrace/base";
import type { EtcdClient } from "@millrace/rpc";

const RENEW_MS = 500;
/** Lease numbers are exact as JavaScript numbers. */
const IDS = 2 ** 52;

/** What a lease works with. */
export interface LeaseParts {
  readonly client: EtcdClient;
  readonly clock: Clock;
  readonly random: Random;
}

/** See the file comment. */
export class Lease {
  readonly id: number;
  /** Resolves with the reason once it is over. */
  readonly over: Promise<string>;
  readonly #parts: LeaseParts;
  #validUntilMs: number;
  #isOver = false;
  #announce: (why: string) => void = () => {};
  #renewal: TimerHandle | undefined;
  #expiry: TimerHandle | undefined;
  #ending: Promise<void> | undefined;

  private constructor(parts: LeaseParts, id: number, validUntilMs: number) {
    this.#parts = parts;
    this.id = id;
    this.#validUntilMs = validUntilMs;
    this.over = new Promise((resolve) => (this.#announce = resolve));
  }

  /** A new lease. Rejects as the client does. */
  static async grant(parts: LeaseParts, ttlSeconds: number): Promise<Lease> {
    const id = 1 + Math.floor(parts.random.float() * IDS);
    const sentMs = parts.clock.monotonicMs();
    await parts.client.grantLease(id, ttlSeconds);
    return new Lease(parts, id, sentMs + ttlSeconds * 1000);
  }

  /** Whether it certainly has not run out in etcd. */
  isValid(): boolean {
    return !this.#isOver && this.#parts.clock.monotonicMs() < this.#validUntilMs;
  }

  /** Renews it from now on. */
  keep(): void {
    this.#watchExpiry();
    this.#scheduleRenewal();
  }

  /** Ends it here at once, and in etcd if that can be reached; else it runs out there. Idempotent. */
  end(why: string): Promise<void> {
    return (this.#ending ??= this.#end(why));
  }

  async #end(why: string): Promise<void> {
    this.#finish(why);
    try {
      await this.#parts.client.revokeLease(this.id);
    } catch {
      // Unreachable, or gone already: it runs out by itself.
    }
  }

  #finish(why: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#renewal?.cancel();
    this.#expiry?.cancel();
    this.#announce(why);
  }

  #watchExpiry(): void {
    this.#expiry?.cancel();
    const leftMs = Math.max(0, this.#validUntilMs - this.#parts.clock.monotonicMs());
    this.#expiry = this.#parts.clock.schedule(leftMs, () => {
      if (this.isValid()) this.#watchExpiry();
      else this.#finish("the lease could not be renewed in time");
    });
  }

  #scheduleRenewal(): void {
    if (this.#isOver) return;
    this.#renewal = this.#parts.clock.schedule(RENEW_MS, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    const sentMs = this.#parts.clock.monotonicMs();
    try {
      const ttlSeconds = await this.#parts.client.keepAlive(this.id);
      if (ttlSeconds <= 0) this.#finish("the lease ran out in etcd");
      this.#validUntilMs = sentMs + ttlSeconds * 1000;
    } catch {
      // Tried again until it has run out here.
    }
    this.#scheduleRenewal();
  }
}
