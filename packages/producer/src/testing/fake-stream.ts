/** A stream at the transport's seam, with the troubles a real one has, on a clock that the test moves. */
import { sleep, type Clock, type Random } from "@millrace/base";
import { expandRecord, HashRangeTable, userRecordHash, type UserRecord } from "@millrace/kinesis";
import { initialHashRanges, TokenBucket, type HashRange } from "@millrace/model";
import {
  TransportError,
  type EntryOutcome,
  type ListedShard,
  type PutTransport,
  type PutTry,
} from "../transport/put-transport.ts";

/** A shard and what is stored in it. */
interface FakeShard {
  readonly id: string;
  readonly range: HashRange;
  readonly table: HashRangeTable;
  readonly records: { readonly sequenceNumber: string; readonly entry: UserRecord }[];
  readonly bucket: TokenBucket;
  open: boolean;
}

/** How likely each trouble is, from 0 to 1. */
export interface Troubles {
  /** The request is done, its answer is lost. */
  answerLost: number;
  /** The request is not done. */
  requestLost: number;
  /** The records of one shard are not stored, and the answer says so. */
  shardFails: number;
}

/** See the file comment. Stores a repeated request of one shard once, as Millrace does, unless `forgetful`. */
export class FakeStream implements PutTransport {
  readonly troubles: Troubles = { answerLost: 0, requestLost: 0, shardFails: 0 };
  readonly shards: FakeShard[] = [];
  readonly requests: { readonly entries: readonly UserRecord[]; readonly invocationId: string }[] = [];
  latencyMs = 10;
  recordsPerSecond: number = Infinity;
  forgetful = false;
  /** What every request and listing is answered with, when set. */
  refusal: TransportError | undefined;
  throttled = 0;
  listings = 0;
  inFlightMax = 0;
  #inFlight = 0;
  #sequence = 0;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #known = new Map<string, EntryOutcome[]>();

  constructor(clock: Clock, random: Random, shardCount: number) {
    this.#clock = clock;
    this.#random = random;
    for (const range of initialHashRanges(shardCount)) this.#addShard(range);
  }

  async putRecords(entries: readonly UserRecord[], { invocationId }: PutTry): Promise<readonly EntryOutcome[]> {
    this.requests.push({ entries, invocationId });
    this.#inFlight += 1;
    this.inFlightMax = Math.max(this.inFlightMax, this.#inFlight);
    try {
      await sleep(this.#clock, this.latencyMs * (0.5 + this.#random.float()));
      if (this.refusal !== undefined) throw this.refusal;
      if (this.#happens("requestLost")) throw new TransportError("unavailable", "ECONNRESET", "lost");
      const outcomes = this.#store(entries, invocationId);
      await sleep(this.#clock, this.latencyMs * (0.5 + this.#random.float()));
      if (this.#happens("answerLost")) throw new TransportError("unavailable", "ECONNRESET", "lost");
      return outcomes;
    } finally {
      this.#inFlight -= 1;
    }
  }

  async listShards(): Promise<readonly ListedShard[]> {
    this.listings += 1;
    await sleep(this.#clock, this.latencyMs);
    if (this.refusal !== undefined) throw this.refusal;
    if (this.#happens("requestLost")) throw new TransportError("unavailable", "ECONNRESET", "lost");
    return this.shards.map(({ id, range, open }) => ({ shardId: id, ...decimal(range), open }));
  }

  /** Splits an open shard in the middle. */
  split(index: number): void {
    const open = this.shards.filter((shard) => shard.open);
    const shard = open[index % open.length] as FakeShard;
    const middle = shard.range.start + (shard.range.end - shard.range.start + 1n) / 2n;
    shard.open = false;
    this.#addShard({ start: shard.range.start, end: middle - 1n });
    this.#addShard({ start: middle, end: shard.range.end });
  }

  /** Merges an open shard with the one above it, if there is one. */
  merge(index: number): void {
    const open = this.shards.filter((shard) => shard.open).toSorted((a, b) => (a.range.start < b.range.start ? -1 : 1));
    const lower = open[index % open.length] as FakeShard;
    const upper = open.find((shard) => shard.range.start === lower.range.end + 1n);
    if (upper === undefined) return;
    lower.open = false;
    upper.open = false;
    this.#addShard({ start: lower.range.start, end: upper.range.end });
  }

  /** What a consumer sees: user records in the order of their shards and positions, strays left out. */
  delivered(): UserRecord[] {
    return this.shards.flatMap(({ records, table }) =>
      records.flatMap(({ entry }) => expandRecord(entry, table).records),
    );
  }

  #addShard(range: HashRange): void {
    const id = `shardId-${String(this.shards.length).padStart(12, "0")}`;
    const bucket = new TokenBucket({ capacity: 1_000, refillPerSecond: 1_000 }, this.#clock.monotonicMs());
    this.shards.push({ id, range, table: new HashRangeTable([decimal(range)]), records: [], bucket, open: true });
  }

  #store(entries: readonly UserRecord[], invocationId: string): EntryOutcome[] {
    const outcomes: EntryOutcome[] = [];
    const groups = new Map<FakeShard, number[]>();
    entries.forEach((entry, index) => {
      const hash = userRecordHash(entry);
      const shard = this.shards.find(({ open, table }) => open && table.indexOf(hash) !== -1);
      if (shard === undefined) throw new Error("the open shards cover all hash keys");
      groups.set(shard, [...(groups.get(shard) ?? []), index]);
    });
    for (const [shard, indices] of groups) {
      const id = `${invocationId}/${indices[0] ?? 0}/${indices.length}`;
      const known = this.forgetful ? undefined : this.#known.get(id);
      const answer =
        known ??
        this.#append(
          shard,
          indices.map((index) => entries[index] as UserRecord),
        );
      if (answer.every((outcome) => "sequenceNumber" in outcome)) this.#known.set(id, answer);
      indices.forEach((index, at) => (outcomes[index] = answer[at] as EntryOutcome));
    }
    return outcomes;
  }

  #append(shard: FakeShard, entries: readonly UserRecord[]): EntryOutcome[] {
    if (this.#happens("shardFails")) return entries.map(() => ({ errorCode: "InternalFailure", errorMessage: "no" }));
    const nowMs = this.#clock.monotonicMs();
    return entries.map((entry) => {
      if (this.recordsPerSecond !== Infinity && !shard.bucket.tryTake(1_000 / this.recordsPerSecond, nowMs)) {
        this.throttled += 1;
        return { errorCode: "ProvisionedThroughputExceededException", errorMessage: "slow down" };
      }
      this.#sequence += 1;
      const sequenceNumber = String(this.#sequence);
      shard.records.push({ sequenceNumber, entry });
      return { shardId: shard.id, sequenceNumber };
    });
  }

  #happens(trouble: keyof Troubles): boolean {
    return this.#random.float() < this.troubles[trouble];
  }
}

function decimal({ start, end }: HashRange): { startingHashKey: string; endingHashKey: string } {
  return { startingHashKey: String(start), endingHashKey: String(end) };
}
