/**
 * Proves that this node still leads: a majority, this node included, says after the question was asked that no higher
 * epoch was promised. One message per peer and turn carries the questions of every waiting read of every shard.
 *
 * Limits: {@link ROUNDS_PER_PEER_MAX} unanswered messages per peer, then questions gather; every waiting read ends after
 * {@link FRESHNESS_DEADLINE_MS}.
 */
import type { ClockAgreement, Clock, Random } from "@millrace/base";
import type { FreshnessReply__Output, FreshnessRequest__Output } from "@millrace/rpc";
import type { HeldReplica } from "../replica/held-replica.ts";
import type { PeerLinks } from "../peer/peer-links.ts";
import type { ReplicaHost } from "../replica/replica-host.ts";

/** How long a read waits for a majority. */
export const FRESHNESS_DEADLINE_MS = 1000;
const ROUNDS_PER_PEER_MAX = 4;
const ASK_BYTES = 64;

interface Waiting {
  readonly held: HeldReplica;
  readonly epoch: number;
  readonly confirmedBy: Set<string>;
  readonly finish: (fresh: boolean) => void;
}

interface Round {
  readonly peer: string;
  readonly sentMonotonicMs: number;
  readonly asks: ReadonlyMap<number, Waiting[]>;
}

/** What rounds work with. */
export interface FreshnessParts {
  readonly nodeId: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly host: ReplicaHost;
  readonly links: PeerLinks;
  readonly agreement: ClockAgreement;
}

/** See the file comment. */
export class FreshnessRounds {
  readonly #parts: FreshnessParts;
  readonly #gathering = new Map<string, Map<number, Waiting[]>>();
  readonly #rounds = new Map<number, Round>();
  #nextNonce: number;
  #scheduled = false;

  constructor(parts: FreshnessParts) {
    this.#parts = parts;
    // A nonce of another life of this process must not be taken for one of ours.
    this.#nextNonce = Math.floor(parts.random.float() * 2 ** 50);
  }

  /** True when a majority confirms in time, in a round that starts after this call, that `held` still leads. */
  confirm(held: HeldReplica): Promise<boolean> {
    if (!held.serving) return Promise.resolve(false);
    if (held.peersForQuorum === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = this.#parts.clock.schedule(FRESHNESS_DEADLINE_MS, () => resolve(false));
      const finish = (fresh: boolean): void => {
        timer.cancel();
        resolve(fresh);
      };
      const waiting = { held, epoch: held.replica.promisedEpoch, confirmedBy: new Set<string>(), finish };
      for (const { nodeId } of held.set) if (nodeId !== this.#parts.nodeId) this.#gather(nodeId, waiting);
    });
  }

  /** Answers a peer's question from what the machines have promised, in memory, now. */
  onRequest(from: string, request: FreshnessRequest__Output): void {
    const { host, links, clock } = this.#parts;
    const confirmedShardUids = request.asks
      .filter((ask) => {
        const replica = host.get(ask.shardUid)?.replica;
        return replica?.replicaUuid === ask.replicaUuid && replica.promisedEpoch === ask.epoch;
      })
      .map((ask) => ask.shardUid);
    const freshnessReply = { nonce: request.nonce, nowMs: clock.nowMs(), confirmedShardUids };
    links.answer(from, "control", { freshnessReply }, ASK_BYTES * (1 + confirmedShardUids.length));
  }

  onReply(from: string, reply: FreshnessReply__Output): void {
    const round = this.#rounds.get(reply.nonce);
    if (round === undefined || round.peer !== from) return;
    this.#rounds.delete(reply.nonce);
    const { agreement } = this.#parts;
    agreement.heard(from, reply.nowMs);
    for (const shardUid of reply.confirmedShardUids) {
      for (const waiting of round.asks.get(shardUid) ?? []) {
        waiting.confirmedBy.add(from);
        const { held, epoch } = waiting;
        if (waiting.confirmedBy.size < held.peersForQuorum) continue;
        waiting.finish(held.serving && held.replica.promisedEpoch === epoch);
      }
    }
    this.#schedule();
  }

  #gather(peer: string, waiting: Waiting): void {
    const asks = this.#gathering.get(peer) ?? new Map<number, Waiting[]>();
    this.#gathering.set(peer, asks);
    const same = asks.get(waiting.held.shardUid);
    if (same) same.push(waiting);
    else asks.set(waiting.held.shardUid, [waiting]);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#gathering.size === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#send();
    });
  }

  #send(): void {
    const { clock, links } = this.#parts;
    const sentMonotonicMs = clock.monotonicMs();
    const unanswered = new Map<string, number>();
    for (const [nonce, round] of this.#rounds) {
      if (sentMonotonicMs - round.sentMonotonicMs > FRESHNESS_DEADLINE_MS) this.#rounds.delete(nonce);
      else unanswered.set(round.peer, (unanswered.get(round.peer) ?? 0) + 1);
    }
    for (const [peer, asks] of this.#gathering) {
      if ((unanswered.get(peer) ?? 0) >= ROUNDS_PER_PEER_MAX) {
        // Asked when an answer comes, or never when none does: the reads then end by their deadline.
        this.#dropExpired(peer, asks);
        continue;
      }
      this.#gathering.delete(peer);
      const nonce = this.#nextNonce++;
      this.#rounds.set(nonce, { peer, sentMonotonicMs, asks });
      const freshnessRequest = { nonce, sentMs: clock.nowMs(), asks: asksTo(peer, asks) };
      links.ask(peer, "control", { freshnessRequest }, ASK_BYTES * (1 + asks.size));
    }
  }

  /** Questions of a shard that changed hands need no answer; bounds what gathers for a silent peer. */
  #dropExpired(peer: string, asks: Map<number, Waiting[]>): void {
    for (const [shardUid, waiting] of asks) {
      const still = waiting.filter((one) => one.held.serving).slice(-GATHERED_PER_SHARD_MAX);
      if (still.length === 0) asks.delete(shardUid);
      else asks.set(shardUid, still);
    }
    if (asks.size === 0) this.#gathering.delete(peer);
  }
}

const GATHERED_PER_SHARD_MAX = 1000;

function asksTo(
  peer: string,
  asks: ReadonlyMap<number, Waiting[]>,
): { shardUid: number; epoch: number; replicaUuid: string }[] {
  return [...asks].flatMap(([shardUid, [first]]) => {
    if (first === undefined) return [];
    const member = first.held.set.find(({ nodeId }) => nodeId === peer);
    return member ? [{ shardUid, epoch: first.epoch, replicaUuid: member.replicaUuid }] : [];
  });
}
