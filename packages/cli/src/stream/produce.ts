/** `millrace produce`: reads lines, chooses keys, gives them to a producer that keeps their order, tells how it goes. */
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { fileProblem, ServiceError } from "@millrace/base";
import { Producer, ProducerError, type ProducerCounts } from "@millrace/producer";
import { exitCodes } from "@millrace/runtime";
import { kinesisClient, StreamClient } from "./kinesis-client.ts";
import { limitHint } from "./limit-hint.ts";
import { readLines } from "./line-reader.ts";
import { reportProgress } from "./progress.ts";

/** Longest partition key, in characters. */
const KEY_CHARACTERS_MAX = 256;
const READ_BYTES = 262_144;
/** What is read in one turn of the event loop goes together; nobody waits longer than that. */
const LINGER_MS = 2;
/** How long a line is tried before giving up. */
const GIVE_UP_AFTER_MS = 120_000;

/** What the command line gave. */
export interface ProduceOptions {
  readonly file?: string;
  readonly keyRegex?: string;
  readonly create?: number;
  readonly createShards?: number;
  readonly endpoint?: string;
  readonly region?: string;
}

/**
 * Puts every line; resolves when all are stored, or when Ctrl-C has ended it and what was read is stored.
 * Errors: USAGE (no stream, unreadable file, bad regex, a line that is no record), UNAVAILABLE.
 */
export async function produce(stream: string, options: ProduceOptions): Promise<void> {
  const keyOf = keyChooser(options.keyRegex);
  const source = await openSource(options.file);
  const client = new StreamClient(stream, options);
  await ensureStream(client, options.create ?? options.createShards);
  const recordBytesMax = await client.recordBytesMax();
  client.close();
  const kinesis = kinesisClient(options, 1);
  const producer = new Producer({
    client: kinesis,
    stream,
    order: "shard",
    lingerMs: LINGER_MS,
    ttlMs: GIVE_UP_AFTER_MS,
    recordBytesMax,
  });
  const stop = new AbortController();
  let interrupted = false;
  // Only once: a second Ctrl-C ends the process at once.
  process.once("SIGINT", () => {
    interrupted = true;
    stop.abort();
    source.destroy();
  });
  const { counts } = producer;
  const progress = reportProgress("put", false, () => ({
    records: counts.storedRecords,
    bytes: counts.storedBytes,
    note: noteOf(counts),
  }));
  let number = 0;
  let failure: unknown;
  const failed = (error: unknown): void => {
    failure ??= putFailure(error);
    stop.abort();
    source.destroy();
  };
  try {
    for await (const line of readLines(source)) {
      if (stop.signal.aborted) break;
      const partitionKey = keyOf(line, number + 1);
      const bytes = line.length + Buffer.byteLength(partitionKey);
      if (bytes > recordBytesMax) throw tooLarge(stream, number + 1, bytes, recordBytesMax);
      number += 1;
      producer.put({ partitionKey, data: line }).catch(failed);
      if (!producer.hasRoom) await producer.ready();
    }
  } catch (error) {
    if (!interrupted) failure ??= readFailure(error, options.file);
  }
  // What was read before a line that fails is stored all the same.
  await producer.flush();
  await producer.close();
  progress.finish();
  const hint = limitHint(counts);
  if (hint !== "") process.stderr.write(`${hint}\n`);
  kinesis.destroy();
  if (failure !== undefined) throw failure;
  if (!interrupted) return;
  process.stderr.write(`millrace: stopped by Ctrl-C after line ${number}; what follows it was not put\n`);
  process.exitCode = exitCodes.interrupted;
}

/** Opened before anything else happens, so that a mistyped name creates no stream. Errors: USAGE. */
async function openSource(file: string | undefined): Promise<Readable> {
  if (file === undefined) return process.stdin;
  try {
    const handle = await open(file);
    if (!(await handle.stat()).isDirectory()) return handle.createReadStream({ highWaterMark: READ_BYTES });
    await handle.close();
  } catch (error) {
    throw readFailure(error, file);
  }
  throw unreadable(file, "it is a directory");
}

function readFailure(error: unknown, file?: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  return error instanceof ServiceError || code?.startsWith("E") !== true ? error : unreadable(file, fileProblem(error));
}

function unreadable(file: string | undefined, problem: string): ServiceError {
  const what = file === undefined ? "standard input" : `--file ${file}`;
  return new ServiceError(
    "USAGE",
    `cannot read ${what}: ${problem}; name a file of lines, or pipe them in without --file`,
  );
}

function tooLarge(stream: string, number: number, bytes: number, bytesMax: number): ServiceError {
  return new ServiceError(
    "USAGE",
    `line ${number} makes a record of ${bytes} bytes with its key, and ${stream} takes at most ${bytesMax}; ` +
      "aws kinesis update-max-record-size raises that up to 10 MiB. The lines before it were put, it and those after it were not",
  );
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

function putFailure(error: unknown): unknown {
  if (!(error instanceof ProducerError)) return error;
  const { code, message } = error;
  return new ServiceError(code === "EXPIRED" ? "UNAVAILABLE" : "USAGE", message, { cause: error });
}

function noteOf({ requestFailures, retries, overtaken }: Readonly<ProducerCounts>): string {
  const again = requestFailures.throttled + requestFailures.unavailable + retries.throttled + retries.failed;
  const notes = [again === 0 ? "" : `${again} retries`, overtaken === 0 ? "" : `${overtaken} out of order`];
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
