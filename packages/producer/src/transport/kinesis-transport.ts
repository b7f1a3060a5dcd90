/** The Kinesis API through a client of the AWS SDK for JavaScript v3: the only file that knows the SDK. */
import { ListShardsCommand, PutRecordsCommand, type KinesisClient, type Shard } from "@aws-sdk/client-kinesis";
import { failureKind } from "./failure-kind.ts";
import { putRecordsBody, putRecordsOutcomes } from "./put-records-json.ts";
import { TransportError, type EntryOutcome, type ListedShard, type PutTransport } from "./put-transport.ts";

export type { KinesisClient } from "@aws-sdk/client-kinesis";

type Middleware = Parameters<PutRecordsCommand["middlewareStack"]["addRelativeTo"]>[0];
type Next<Result> = (args: { readonly request: Request }) => Promise<Result>;

interface Request {
  readonly headers: Record<string, string>;
  body: unknown;
}

interface Response {
  readonly statusCode: number;
  body: unknown;
}

/** What request handlers give: streams, or bytes that they have gathered. */
type ResponseBody = AsyncIterable<Uint8Array> | Uint8Array;

/** The protocol of every Kinesis endpoint, and of every client that is not told otherwise. */
const JSON_1_1 = "application/x-amz-json-1.1";
const OK = 200;

/** `stream` is a name or an ARN. The client stays the caller's: it is not destroyed. */
export function kinesisTransport(client: KinesisClient, stream: string): PutTransport {
  const address = stream.startsWith("arn:") ? { StreamARN: stream } : { StreamName: stream };
  return {
    async putRecords(entries, { invocationId, attempt }, signal) {
      let outcomes: readonly EntryOutcome[] = [];
      // The SDK signs, sends and repeats; records and outcomes pass it by, see `put-records-json.ts`.
      const command = new PutRecordsCommand({ ...address, Records: [] });
      const writeBody = (next: Next<unknown>): Next<unknown> => {
        return (args) => {
          const { request } = args;
          if (request.headers["content-type"] !== JSON_1_1) {
            throw new TransportError("refused", "UnsupportedProtocol", `the client must speak ${JSON_1_1}`);
          }
          request.body = putRecordsBody(address, entries);
          return next(args);
        };
      };
      const readBody = (next: Next<{ response: Response }>): Next<{ response: Response }> => {
        return async (args) => {
          const result = await next(args);
          const { response } = result;
          if (response.statusCode !== OK) return result;
          outcomes = putRecordsOutcomes(await textOf(response.body as ResponseBody));
          response.body = Buffer.from("{}");
          return result;
        };
      };
      const stack = command.middlewareStack;
      stack.addRelativeTo(writeBody as unknown as Middleware, {
        name: "millraceBody",
        relation: "after",
        toMiddleware: "serializerMiddleware",
      });
      // Inside the SDK's own retries, so that they too keep the identity.
      // A repeat says so: what the SDK counts begins anew each time.
      const tries = attempt > 1 ? { "amz-sdk-request": `attempt=${attempt}` } : {};
      stack.addRelativeTo(withHeaders({ "amz-sdk-invocation-id": invocationId, ...tries }), {
        name: "millraceTry",
        relation: "after",
        toMiddleware: "retryMiddleware",
      });
      stack.addRelativeTo(readBody as unknown as Middleware, {
        name: "millraceOutcomes",
        relation: "after",
        toMiddleware: "deserializerMiddleware",
      });
      await orTransportError(client.send(command, { abortSignal: signal }));
      return outcomes;
    },
    async listShards(signal) {
      const found: ListedShard[] = [];
      let token: string | undefined;
      do {
        const request = token === undefined ? address : { NextToken: token };
        const page = await orTransportError(client.send(new ListShardsCommand(request), { abortSignal: signal }));
        found.push(...(page.Shards ?? []).map(shardOf));
        token = page.NextToken;
      } while (token !== undefined);
      return found;
    },
  };
}

function shardOf({ ShardId, HashKeyRange, SequenceNumberRange }: Shard): ListedShard {
  return {
    shardId: ShardId ?? "",
    startingHashKey: HashKeyRange?.StartingHashKey ?? "0",
    endingHashKey: HashKeyRange?.EndingHashKey ?? "0",
    open: SequenceNumberRange?.EndingSequenceNumber === undefined,
  };
}

async function orTransportError<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof TransportError) throw error;
    const { name, message, $metadata } = error as Error & { readonly $metadata?: { readonly httpStatusCode?: number } };
    throw new TransportError(failureKind(name, $metadata?.httpStatusCode), name, message, error);
  }
}

/** All of a response's body. */
async function textOf(body: ResponseBody): Promise<string> {
  if (body instanceof Uint8Array) return Buffer.from(body).toString();
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function withHeaders(headers: Readonly<Record<string, string>>): Middleware {
  return ((next: Next<unknown>): Next<unknown> =>
    (args) => {
      Object.assign(args.request.headers, headers);
      return next(args);
    }) as unknown as Middleware;
}
