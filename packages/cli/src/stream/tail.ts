/** `millrace tail`: reads all shards at once, parents before children, and prints their records. */
import { once } from "node:events";
import { fewOf, ServiceError } from "@millrace/base";
import { StreamClient, type GetRecordsOutput } from "./kinesis-client.ts";
import { reportProgress } from "./progress.ts";
import { jsonLine, plainLine } from "./record-line.ts";
import { lineageEntry, ShardLineage } from "./shard-lineage.ts";
import { parseStart } from "./parse-start.ts";
import { readShard, type ShardStart } from "./shard-reader.ts";

/** What the command line gave. */
export interface TailOptions {
  readonly from: string;
  readonly count?: number;
  readonly shard?: string;
  readonly json: boolean;
  readonly endpoint?: string;
  readonly region?: string;
}

/** Prints until `count` records or a signal. Errors: USAGE (no such stream, shard or time), UNAVAILABLE. */
export async function tail(stream: string, options: TailOptions): Promise<void> {
  const start = parseStart(options.from);
  const client = new StreamClient(stream, options);
  if ((await client.status()) === undefined) {
    throw await noSuchStream(client);
  }
  await client.awaitActive();
  const lineage = new ShardLineage();
  lineage.add(await chosenShards(client, start, options.shard));

  const done = new AbortController();
  const counts = { records: 0, bytes: 0, behindMs: 0 };
  const countMax = options.count ?? Infinity;
  process.once("SIGINT", () => done.abort());
  process.once("SIGTERM", () => done.abort());
  const progress = reportProgress("read", process.stdout.isTTY, () => ({
    ...counts,
    note: counts.behindMs === 0 ? "" : `${Math.round(counts.behindMs / 1000)} s behind`,
  }));

  async function print(shardId: string, { Records = [], MillisBehindLatest = 0 }: GetRecordsOutput): Promise<void> {
    const taken = Records.slice(0, countMax - counts.records);
    const block = taken.map((record) => (options.json ? jsonLine(shardId, record) : plainLine(record)));
    // Counted before the write is awaited: another shard's records must not pass the limit meanwhile.
    counts.records += taken.length;
    for (const record of taken) counts.bytes += record.Data?.length ?? 0;
    counts.behindMs = MillisBehindLatest;
    if (block.length > 0 && !process.stdout.write(Buffer.concat(block))) await once(process.stdout, "drain");
    if (counts.records >= countMax) done.abort();
  }

  async function follow(shardId: string, from: ShardStart): Promise<void> {
    for await (const answer of readShard(client, shardId, from, done.signal)) {
      await print(shardId, answer);
      if (answer.NextShardIterator !== undefined) continue;
      lineage.end(shardId);
      if (options.shard !== undefined) continue;
      const children = (answer.ChildShards ?? []).map((child) => ({
        shardId: child.ShardId ?? "",
        parents: child.ParentShards ?? [],
      }));
      lineage.add(children);
    }
    // A child holds nothing older than its parents' end, so it is read from its beginning whatever the start was.
    await Promise.all(lineage.takeReady().map((child) => follow(child, { type: "TRIM_HORIZON" })));
  }

  try {
    await Promise.all(lineage.takeReady().map((shardId) => follow(shardId, start)));
  } finally {
    done.abort();
    progress.finish();
    client.close();
  }
}

async function noSuchStream(client: StreamClient): Promise<ServiceError> {
  const { stream, endpoint } = client;
  const { names, more } = await client.someStreams();
  const there =
    names.length === 0
      ? `there are none yet: millrace produce ${stream} --create 4 makes it and puts lines into it`
      : `there are ${names.join(", ")}${more ? " and more" : ""}`;
  return new ServiceError("USAGE", `stream ${stream} does not exist at ${endpoint}; ${there}`);
}

async function chosenShards(client: StreamClient, start: ShardStart, only: string | undefined) {
  const shards = await client.shards();
  const isOpen = (shard: (typeof shards)[number]): boolean =>
    shard.SequenceNumberRange?.EndingSequenceNumber === undefined;
  if (only !== undefined) {
    const found = shards.filter((shard) => shard.ShardId === only);
    if (found.length > 0) return found.map(lineageEntry);
    throw new ServiceError(
      "USAGE",
      `no shard ${only}; there are: ${fewOf(shards.flatMap(({ ShardId }) => ShardId ?? []))}`,
    );
  }
  return shards.filter((shard) => start.type !== "LATEST" || isOpen(shard)).map(lineageEntry);
}
