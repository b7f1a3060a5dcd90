/**
 * One subscription per consumer and shard, kept by the shard's leader, so that it holds whatever gateway a call comes through:
 * within 5 s of the last one's start a new one is refused, later it takes the old one's place. A gateway claims the place
 * first and subscribes under the claim; a new leader knows nothing of places and takes the claims that subscribers bring.
 */

/** How long a subscription is protected from the next (AWS API reference of SubscribeToShard). */
export const PROTECTED_MS = 5_000;

/** A claim as its gateway carries it from leader to leader. */
export interface Claim {
  /** Never used twice. */
  readonly claimId: string;
  /** When the leader of that time granted it, by its wall clock. */
  readonly claimedMs: number;
}

interface Place extends Claim {
  /** Ends the subscription that holds the place; undefined before it begins and after its end. */
  evict: (() => void) | undefined;
}

/** See the file comment. Bounded by the consumers and shards that exist, because gateways check them first. */
export class ConsumerPlaces {
  readonly #places = new Map<number, Map<string, Place>>();
  readonly #protectsEnded: boolean;
  #sweptMs = 0;

  /** With `protectsEnded` an ended subscription still keeps newcomers out for the rest of its 5 s, as AWS does. */
  constructor(protectsEnded: boolean) {
    this.#protectsEnded = protectsEnded;
  }

  /** Takes the place for `claimId` and ends whoever had it; false while the one before is protected. */
  claim(shardUid: number, consumerArn: string, claimId: string, nowMs: number): boolean {
    this.#sweep(nowMs);
    const before = this.#places.get(shardUid)?.get(consumerArn);
    if (before !== undefined && isProtected(before, nowMs)) return false;
    this.#put(shardUid, consumerArn, { claimId, claimedMs: nowMs, evict: undefined });
    before?.evict?.();
    return true;
  }

  /** A subscription under `claim` begins; false when a newer claim has the place. `evict` is called when it loses it. */
  hold(shardUid: number, consumerArn: string, claim: Claim, evict: () => void): boolean {
    const before = this.#places.get(shardUid)?.get(consumerArn);
    if (before !== undefined && before.claimId !== claim.claimId && isNewer(before, claim)) return false;
    this.#put(shardUid, consumerArn, { ...claim, evict });
    before?.evict?.();
    return true;
  }

  /** The subscription that `evict` belongs to has ended. */
  release(shardUid: number, consumerArn: string, evict: () => void): void {
    const place = this.#places.get(shardUid)?.get(consumerArn);
    if (place?.evict !== evict) return;
    place.evict = undefined;
    if (!this.#protectsEnded) this.#places.get(shardUid)?.delete(consumerArn);
  }

  /** Forgets a shard that is no longer led here. */
  forget(shardUid: number): void {
    this.#places.delete(shardUid);
  }

  #put(shardUid: number, consumerArn: string, place: Place): void {
    const ofShard = this.#places.get(shardUid) ?? new Map<string, Place>();
    this.#places.set(shardUid, ofShard);
    ofShard.set(consumerArn, place);
  }

  /** Places that nobody holds and that protect nothing any more are forgotten. */
  #sweep(nowMs: number): void {
    if (nowMs - this.#sweptMs < PROTECTED_MS) return;
    this.#sweptMs = nowMs;
    for (const [shardUid, ofShard] of this.#places) {
      for (const [consumerArn, place] of ofShard) {
        if (place.evict === undefined && !isProtected(place, nowMs)) ofShard.delete(consumerArn);
      }
      if (ofShard.size === 0) this.#places.delete(shardUid);
    }
  }
}

/** The clocks of two leaders differ a little; one far ahead must not protect for ever. */
function isProtected({ claimedMs }: Claim, nowMs: number): boolean {
  return Math.abs(nowMs - claimedMs) < PROTECTED_MS;
}

function isNewer(one: Claim, other: Claim): boolean {
  return one.claimedMs === other.claimedMs ? one.claimId > other.claimId : one.claimedMs > other.claimedMs;
}
