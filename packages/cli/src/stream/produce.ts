/** `millrace produce`: reads lines, chooses keys, sends each to the lane of its shard, tells how it goes. */
import { createReadStream } from "node:fs";
import { ServiceError } from "@millrace/base";
import { StreamClient } from "./kinesis-client.ts";
import { LaneSender, type ProduceCounts } from "./lane-sender.ts";
import { readLines } from "./line-reader.ts";
import { reportProgress } from "./progress.ts";
import { shardLanes } from "./shard-lanes.ts";

/** Longest partition key, in characters. */
const KEY_CHARACTERS_MAX = 256;

/** What the command line gave. */
export interface ProduceOptions {
  readonly file?: string;
  readonly keyRegex?: string;
  readonly create?: number;
  readonly createShards?: number;
  readonly endpoint?: string;
  readonly region?: string;
}

/** Puts every line; resolves when all are stored. Errors: USAGE (no stream, unreadable file, bad regex), UNAVAILABLE. */
export async function produce(stream: string, options: ProduceOptions): Promise<void> {
  const keyOf = keyChooser(options.keyRegex);
  const source =
    options.file === undefined ? process.stdin : createReadStream(options.file, { highWaterMark: 262_144 });
  const client = new StreamClient(stream, options);
  await ensureStream(client, options.create ?? options.createShards);
  const lanes = shardLanes(await client.shards());
  const counts: ProduceCounts = { records: 0, bytes: 0, retries: 0, overtaken: 0 };
  const put = client.putRecords.bind(client);
  const senders = Array.from({ length: lanes.count }, () => new LaneSender(put, counts));
  const progress = reportProgress("put", false, () => ({ ...counts, note: noteOf(counts) }));
  try {
    let number = 0;
    for await (const line of readLines(source)) {
      number += 1;
      const key = keyOf(line, number);
      await senders[lanes.laneOf(key)]?.push({ Data: line, PartitionKey: key });
    }
    await Promise.all(senders.map((sender) => sender.flush()));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith("E") === true) {
      throw new ServiceError("USAGE", `cannot read ${options.file}: ${(error as Error).message}`);
    }
    throw error;
  } finally {
    progress.finish();
    client.close();
  }
}

async function ensureStream(client: StreamClient, create: number | undefined): Promise<void> {
  const status = await client.status();
  if (status !== undefined) return client.awaitActive();
  if (create !== undefined) return client.create(create);
  throw new ServiceError(
    "USAGE",
    `stream ${client.stream} does not exist; add --create 4, or run: aws --endpoint-url ${client.endpoint} kinesis create-stream --stream-name ${client.stream} --shard-count 4`,
  );
}

function noteOf({ retries, overtaken }: ProduceCounts): string {
  const notes = [retries === 0 ? "" : `${retries} retries`, overtaken === 0 ? "" : `${overtaken} out of order`];
  return notes.filter((note) => note !== "").join(", ");
}

/** A line's key: what the expression finds, or one of its own. */
function keyChooser(expression: string | undefined): (line: Buffer, number: number) => string {
  if (expression === undefined) return (_, number) => `line-${number}`;
  let regex: RegExp;
  try {
    regex = new RegExp(expression);
  } catch (error) {
    throw new ServiceError("USAGE", `--key-regex: ${(error as Error).message}`);
  }
  return (line, number) => {
    const match = regex.exec(line.toString("utf8"));
    const key = match?.[1] ?? match?.[0] ?? "";
    return key === "" ? `line-${number}` : key.slice(0, KEY_CHARACTERS_MAX);
  };
}
