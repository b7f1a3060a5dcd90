/** The transport against itself and against `@grpc/grpc-js` on either side: what is spoken is gRPC. */
import { connect } from "node:http2";
import { credentials, Metadata, Server, ServerCredentials, status } from "@grpc/grpc-js";
import { afterEach, describe, expect, test } from "vitest";
import { callUnary } from "../call.ts";
import { channelOptions } from "../channel-options.ts";
import type { AppendBatch__Output } from "../generated/millrace/v1/AppendBatch.ts";
import type { AppendResultBatch__Output } from "../generated/millrace/v1/AppendResultBatch.ts";
import type { LocateReply__Output } from "../generated/millrace/v1/LocateReply.ts";
import type { LocateRequest } from "../generated/millrace/v1/LocateRequest.ts";
import type { ReadChunk__Output } from "../generated/millrace/v1/ReadChunk.ts";
import type { StorageClient, StorageHandlers } from "../generated/millrace/v1/Storage.ts";
import { services } from "../load.ts";
import type { RpcServer } from "../transport.ts";
import { connectHttp2 } from "./connect-http2.ts";
import { listenHttp2 } from "./listen-http2.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const CHUNKS = 5;
const handlers: StorageHandlers = {
  Append: (call) => {
    call.on("data", ({ appends }: AppendBatch__Output) => {
      const results = appends.map(({ correlation, records }) => ({ correlation, baseOffset: records.length }));
      call.write({ results: [...results, { leaderHint: String(call.metadata.get("lane")[0] ?? "") }] });
    });
    call.on("end", () => call.end());
  },
  Read: (call) => {
    for (let at = 0; at < CHUNKS; at += 1) {
      call.write({
        nextOffset: call.request.fromOffset + at,
        frames: Buffer.alloc(300_000, at),
        last: at === CHUNKS - 1,
      });
    }
    call.end();
  },
  Subscribe: (call) => call.emit("error", { code: status.RESOURCE_EXHAUSTED, details: "too much, 100 %" }),
  Claim: (call, callback) => callback(null, { claimedMs: call.request.shardUid }),
  Locate: (call, callback) => {
    if (call.request.shardUid === 404) callback({ code: status.NOT_FOUND, details: "no such shard" });
    else if (call.request.shardUid !== 0) callback(null, { offset: call.request.shardUid * 2 });
  },
};

async function grpcServer(): Promise<RpcServer> {
  const server = new Server(channelOptions);
  server.addService(services().Storage.service, handlers);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const close = (): Promise<void> => Promise.resolve(server.forceShutdown());
  return { port, close, [Symbol.asyncDispose]: close };
}

const servers = {
  "our server": () => listenHttp2("127.0.0.1", 0, { Storage: handlers }),
  "grpc-js's server": grpcServer,
};
const clients = {
  "our client": (address: string) => connectHttp2("Storage", address) as StorageClient,
  "grpc-js's client": (address: string) =>
    new (services().Storage)(address, credentials.createInsecure(), channelOptions),
};

async function pairOf(server: keyof typeof servers, client: keyof typeof clients): Promise<StorageClient> {
  const { port, close } = await servers[server]();
  closers.push(() => close(0));
  const made = clients[client](`127.0.0.1:${port}`);
  closers.push(() => made.close());
  return made;
}

function locate(client: StorageClient, shardUid: number, timeoutMs = 5_000): Promise<LocateReply__Output> {
  return callUnary<LocateRequest, LocateReply__Output>(
    (request, options, done) => client.locate(request, options, done),
    { shardUid },
    timeoutMs,
  );
}

const pairs = Object.keys(servers).flatMap((server) =>
  Object.keys(clients).map((client) => [server, client] as [keyof typeof servers, keyof typeof clients]),
);

describe.each(pairs)("%s, %s", (server, client) => {
  test("asks and answers, and tells errors and deadlines", async () => {
    const storage = await pairOf(server, client);
    expect(await locate(storage, 21)).toMatchObject({ offset: 42 });
    await expect(locate(storage, 404)).rejects.toThrow("no such shard");
    await expect(locate(storage, 0, 50)).rejects.toMatchObject({ code: "DEADLINE" });
    const failed = new Promise<{ code: number; details: string }>((resolve) => {
      storage.subscribe({ shardUid: 1 }).on("error", resolve);
    });
    expect(await failed).toMatchObject({ code: status.RESOURCE_EXHAUSTED, details: "too much, 100 %" });
  });

  test("streams answers of any size in order, and ends", async () => {
    const storage = await pairOf(server, client);
    const chunks: ReadChunk__Output[] = [];
    await new Promise<void>((resolve, reject) => {
      const call = storage.read({ fromOffset: 7 });
      call.on("data", (chunk: ReadChunk__Output) => chunks.push(chunk));
      call.on("end", resolve);
      call.on("error", reject);
    });
    expect(chunks.map(({ nextOffset, frames, last }) => [nextOffset, frames.length, frames[299_999], last])).toEqual(
      Array.from({ length: CHUNKS }, (_, at) => [7 + at, 300_000, at, at === CHUNKS - 1]),
    );
  });

  test("streams both ways, with metadata", async () => {
    const storage = await pairOf(server, client);
    const metadata = new Metadata();
    metadata.set("lane", "live");
    const call = storage.append(metadata);
    const got: AppendResultBatch__Output[] = [];
    const ended = new Promise<void>((resolve, reject) => {
      call.on("end", resolve);
      call.on("error", reject);
    });
    call.on("data", (batch: AppendResultBatch__Output) => got.push(batch));
    for (const size of [0, 10, 1_000_000]) {
      call.write({ appends: [{ correlation: size + 1, records: Buffer.alloc(size), appendId: Buffer.alloc(16) }] });
    }
    call.end();
    await ended;
    expect(
      got.map(({ results }) =>
        results.map(({ correlation, baseOffset, leaderHint }) => [correlation, baseOffset, leaderHint]),
      ),
    ).toEqual(
      [0, 10, 1_000_000].map((size) => [
        [size + 1, size, ""],
        [0, 0, "live"],
      ]),
    );
  });
});

test("a server that goes away fails its calls, and one that comes back is reached by the same client", async () => {
  const first = await listenHttp2("127.0.0.1", 0, { Storage: handlers });
  const client = connectHttp2("Storage", `127.0.0.1:${first.port}`) as StorageClient;
  closers.push(() => client.close());
  const call = client.append();
  const failed = new Promise<{ code: number }>((resolve) => call.on("error", resolve));
  expect(await locate(client, 1)).toMatchObject({ offset: 2 });
  await first.close(0);
  expect((await failed).code).toBe(status.UNAVAILABLE);
  await expect(locate(client, 1)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  const second = await listenHttp2("127.0.0.1", first.port, { Storage: handlers });
  closers.push(() => second.close(0));
  expect(await locate(client, 1)).toMatchObject({ offset: 2 });
});

test("unknown methods and what is not gRPC are refused, and the connection serves on", async () => {
  const server = await listenHttp2("127.0.0.1", 0, { Storage: handlers });
  closers.push(() => server.close(0));
  const session = connect(`http://127.0.0.1:${server.port}`);
  closers.push(() => session.destroy());
  const ask = (headers: Record<string, string>): Promise<unknown> =>
    new Promise((resolve) => {
      session
        .request(headers)
        .on("response", (answer) => resolve(answer["grpc-status"]))
        .resume()
        .end();
    });
  expect(await ask({ ":method": "POST", ":path": "/x/Y", "content-type": "application/grpc" })).toBe(
    String(status.UNIMPLEMENTED),
  );
  expect(await ask({ ":method": "GET", ":path": "/" })).toBe(String(status.INTERNAL));
  const garbage = session.request({
    ":method": "POST",
    ":path": "/millrace.v1.Storage/Locate",
    "content-type": "application/grpc",
  });
  garbage.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => garbage.on("close", resolve));
  garbage.write(Buffer.from([1, 2, 3, 4, 5, 6, 7]));
  await closed;
  const client = connectHttp2("Storage", `127.0.0.1:${server.port}`) as StorageClient;
  closers.push(() => client.close());
  expect(await locate(client, 4)).toMatchObject({ offset: 8 });
});
