/** What `millrace workers` does: looks at the lease table of an application, and changes a row by an operator's will. */
import { fewOf, realRandom, ServiceError } from "@millrace/base";
import {
  formatCheckpoint,
  leaseKey,
  redisLeaseStore,
  type Checkpoint,
  type Lease,
  type LeaseStore,
} from "@millrace/worker";
import { textTable } from "../operate/text-table.ts";
import { StreamClient, type GetShardIteratorInput } from "../stream/kinesis-client.ts";

const DEFAULT_REDIS = "redis://127.0.0.1:6379";

interface RedisOptions {
  readonly redis?: string;
  readonly keyPrefix: string;
}

/** What the command line of `list` gave. */
export interface LeaseListOptions extends RedisOptions {
  readonly endpoint?: string;
  readonly region?: string;
  readonly lag: boolean;
  readonly json: boolean;
}

/** What the command line of `release` gave. */
export interface LeaseChangeOptions extends RedisOptions {
  readonly force: boolean;
}

/** What the command line of `reset` gave. */
export interface LeaseResetOptions extends LeaseChangeOptions {
  readonly to: string;
}

interface LeaseName {
  readonly application: string;
  readonly stream: string;
  readonly shard: string;
}

/** Prints every lease and the live workers. Errors: USAGE for an unknown application, UNAVAILABLE without Redis. */
export async function listLeases(application: string, options: LeaseListOptions): Promise<void> {
  await withStore(application, options, async (store) => {
    const { leases, workers } = await store.list();
    const live = new Set(workers.map(({ worker }) => worker));
    const sorted = leases.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    const lags = options.lag ? await lagsOf(sorted, options) : new Map<string, Lag>();
    if (options.json) {
      for (const lease of sorted) {
        const lag = lags.get(lease.key);
        const checkpoint = formatCheckpoint(lease.checkpoint);
        const lagMs = typeof lag === "number" ? lag : undefined;
        const shown = { ...lease, checkpoint, lag: lag === undefined ? undefined : lagText(lag), lagMs };
        process.stdout.write(`${JSON.stringify(shown)}\n`);
      }
      return;
    }
    const rows = sorted.map((lease) => [
      lease.stream,
      lease.shardId,
      ownerOf(lease, live),
      formatCheckpoint(lease.checkpoint),
      lagText(lags.get(lease.key)),
      `${Math.round(lease.bytesPerSecond / 1024)}`,
      String(lease.ownerSwitches),
    ]);
    process.stdout.write(textTable([["STREAM", "SHARD", "OWNER", "CHECKPOINT", "BEHIND", "KIB/S", "TAKEN"], ...rows]));
    const held = (worker: string): number => leases.filter(({ owner }) => owner === worker).length;
    const present = workers.map(({ worker, remainingMs }) => [worker, String(held(worker)), `${remainingMs} ms`]);
    process.stdout.write(`\n${textTable([["WORKER", "LEASES", "HEARTBEAT LASTS"], ...present])}`);
  });
}

/** Takes the lease from its owner. Errors: USAGE when workers run (without `force`) or there is no such lease. */
export async function releaseLease(name: LeaseName, options: LeaseChangeOptions): Promise<void> {
  await change(name, undefined, options);
}

/** Sets the checkpoint. Errors: as {@link releaseLease}, and USAGE for a position that is none. */
export async function resetLease(name: LeaseName, options: LeaseResetOptions): Promise<void> {
  await change(name, parsePosition(options.to), options);
}

async function change(name: LeaseName, checkpoint: Checkpoint | undefined, options: LeaseChangeOptions): Promise<void> {
  const { application, stream } = name;
  const shard = /^\d{1,12}$/.test(name.shard) ? `shardId-${name.shard.padStart(12, "0")}` : name.shard;
  await withStore(application, options, async (store) => {
    const key = leaseKey(stream, shard);
    const answer = await store.reset({ key, checkpoint, force: options.force });
    if (answer === "missing") {
      const there = namesOf((await store.list()).leases, stream);
      throw new ServiceError("USAGE", `${application} has no lease of ${shard} of ${stream}; ${there}`);
    }
    if (answer === "live") {
      throw new ServiceError("USAGE", `workers of ${application} run; stop them, or add --force`);
    }
    const position =
      checkpoint === undefined ? "is free" : `is free, its checkpoint is ${formatCheckpoint(checkpoint)}`;
    process.stdout.write(`the lease of ${shard} of ${stream} ${position}\n`);
  });
}

/** What there is instead: the shards of `stream`, or the streams when none is of that name. */
function namesOf(leases: readonly Lease[], stream: string): string {
  const shards = leases.filter((lease) => lease.stream === stream).map(({ shardId }) => shardId);
  const names = shards.length > 0 ? shards.toSorted() : [...new Set(leases.map((lease) => lease.stream))].toSorted();
  return `there ${shards.length > 0 ? "are" : "are streams"}: ${fewOf(names)}`;
}

async function withStore(
  application: string,
  options: RedisOptions,
  work: (store: LeaseStore) => Promise<void>,
): Promise<void> {
  const redis = options.redis ?? process.env["MILLRACE_REDIS"] ?? DEFAULT_REDIS;
  const store = redisLeaseStore({ redis, application, keyPrefix: options.keyPrefix }, realRandom);
  try {
    await store.open({ create: false });
    await work(store);
  } finally {
    await store.close();
  }
}

/** Milliseconds behind the tip, or why that is no number. */
type Lag = number | "ended" | "unknown";

function lagText(lag: Lag | undefined): string {
  if (lag === undefined) return "";
  if (lag === "unknown") return "-";
  return lag === "ended" ? lag : `${(lag / 1000).toFixed(1)} s`;
}

/** How far behind the tip the record after each checkpoint is. */
async function lagsOf(leases: readonly Lease[], options: LeaseListOptions): Promise<Map<string, Lag>> {
  const lags = new Map<string, Lag>();
  for (const stream of new Set(leases.map((lease) => lease.stream))) {
    // A command-line client speaks of streams by name.
    const client = new StreamClient(stream.slice(stream.lastIndexOf("/") + 1), options);
    try {
      for (const lease of leases) {
        if (lease.stream === stream) lags.set(lease.key, await lagOf(client, lease));
      }
    } finally {
      client.close();
    }
  }
  return lags;
}

async function lagOf(client: StreamClient, { shardId, checkpoint }: Lease): Promise<Lag> {
  if (checkpoint.type === "SHARD_END") return "ended";
  try {
    const iterator = await client.iterator({ ShardId: shardId, ...iteratorInput(checkpoint) });
    const { MillisBehindLatest } = await client.getRecords(iterator, 1);
    return MillisBehindLatest ?? "unknown";
  } catch {
    // The table is worth seeing without the API.
    return "unknown";
  }
}

function iteratorInput(checkpoint: Checkpoint): Omit<GetShardIteratorInput, "StreamName" | "StreamARN" | "ShardId"> {
  if (checkpoint.type === "SEQUENCE") {
    return { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber: checkpoint.sequenceNumber };
  }
  if (checkpoint.type === "AT_TIMESTAMP") {
    return { ShardIteratorType: "AT_TIMESTAMP", Timestamp: new Date(checkpoint.timestampMs) };
  }
  return { ShardIteratorType: checkpoint.type === "LATEST" ? "LATEST" : "TRIM_HORIZON" };
}

function ownerOf({ owner, handoffTo }: Lease, live: ReadonlySet<string>): string {
  if (owner === undefined) return "-";
  const next = handoffTo === undefined ? "" : ` → ${handoffTo}`;
  return live.has(owner) ? owner + next : `(${owner}, gone)`;
}

function parsePosition(text: string): Checkpoint {
  if (text === "trim-horizon") return { type: "TRIM_HORIZON" };
  if (text === "latest") return { type: "LATEST" };
  const [sequenceNumber = "", sub = "0"] = text.split(":", 2);
  if (/^[1-9]\d{0,127}$/.test(sequenceNumber) && /^\d{1,15}$/.test(sub)) {
    return { type: "SEQUENCE", sequenceNumber, subSequenceNumber: Number(sub) };
  }
  const timestampMs = new Date(text).getTime();
  if (!Number.isNaN(timestampMs)) return { type: "AT_TIMESTAMP", timestampMs };
  throw new ServiceError("USAGE", `--to must be trim-horizon, latest, a time or a sequence number, not "${text}"`);
}
