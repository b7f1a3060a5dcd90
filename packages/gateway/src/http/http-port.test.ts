import { connect as connectHttp2, constants, type ClientHttp2Session } from "node:http2";
import { request as requestHttp1 } from "node:http";
import { connect as connectTcp } from "node:net";
import { randomBytes, randomUUID } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import type { Clock, Random } from "@millrace/base";
import { defaultHttpLimits, type HttpLimits } from "./http-limits.ts";
import { headerValue, type HttpReply, type HttpRequest, type ReplySink } from "./http-message.ts";
import { openHttpPort, type HttpPort } from "./http-port.ts";

const clock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};
const random: Random = {
  bytes: (count) => randomBytes(count),
  uuid: () => randomUUID(),
  float: () => Math.random(),
};

let port: HttpPort | undefined;
let defects = 0;
let abuses = 0;

afterEach(async () => {
  await port?.close(0);
  port = undefined;
  defects = 0;
  abuses = 0;
});

async function open(
  handler: (request: HttpRequest) => Promise<HttpReply>,
  limits: Partial<HttpLimits> = {},
): Promise<number> {
  port = await openHttpPort({
    host: "127.0.0.1",
    port: 0,
    tls: undefined,
    limits: { ...defaultHttpLimits, ...limits },
    clock,
    random,
    handler,
    onDefect: () => (defects += 1),
    onOverload: () => {},
    onAbuse: () => (abuses += 1),
  });
  return port.port;
}

function echo(request: HttpRequest): Promise<HttpReply> {
  const text = `${request.method} ${headerValue(request.rawHeaders, "host") ?? "-"} ${request.body.toString()}`;
  return Promise.resolve({ status: 200, headers: ["Content-Type", "text/plain"], body: Buffer.from(text) });
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

function post1(to: number, body: Buffer | string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = requestHttp1({ host: "127.0.0.1", port: to, method: "POST" }, (reply) => {
      const chunks: Buffer[] = [];
      reply.on("data", (chunk: Buffer) => chunks.push(chunk));
      reply.on("end", () => {
        resolve({
          status: reply.statusCode ?? 0,
          headers: reply.headers as Record<string, string>,
          body: Buffer.concat(chunks).toString(),
        });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

function post2(session: ClientHttp2Session, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":method": "POST", ":path": "/" });
    const chunks: Buffer[] = [];
    let headers: Record<string, string> = {};
    stream.on("response", (received) => (headers = received as unknown as Record<string, string>));
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      resolve({ status: Number(headers[":status"]), headers, body: Buffer.concat(chunks).toString() });
    });
    stream.on("error", reject);
    stream.end(body);
  });
}

test("HTTP/1.1 and HTTP/2 with prior knowledge share the port and look the same to the handler", async () => {
  const to = await open(echo);
  const one = await post1(to, "over one");
  const session = connectHttp2(`http://127.0.0.1:${to}`);
  const two = await post2(session, "over two");
  session.close();
  expect(one.body).toBe(`POST 127.0.0.1:${to} over one`);
  expect(two.body).toBe(`POST 127.0.0.1:${to} over two`);
  for (const answer of [one, two]) {
    expect(answer.headers["x-amzn-requestid"]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(Buffer.from(answer.headers["x-amz-id-2"] ?? "", "base64")).toHaveLength(64);
    expect(answer.headers["content-length"]).toBe(String(answer.body.length));
    expect(Date.parse(answer.headers["date"] ?? "")).toBeGreaterThan(0);
    expect(answer.headers["content-type"]).toBe("text/plain");
  }
});

test("a preface that arrives byte by byte is still recognised", async () => {
  const to = await open(echo);
  const socket = connectTcp(to, "127.0.0.1");
  const received = new Promise<Buffer>((resolve) => socket.once("data", resolve));
  for (const byte of "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") {
    socket.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.write(Buffer.from("000000040000000000", "hex"));
  // A SETTINGS frame comes first: three bytes of length, then type 4.
  expect((await received)[3]).toBe(4);
  socket.destroy();
});

test("a body above the limit is answered 413, chunked and empty, also when its length was not declared", async () => {
  const to = await open(echo, { bodyBytesMax: 1000 });
  const answer = await post1(to, Buffer.alloc(1001));
  expect(answer).toMatchObject({ status: 413, body: "" });
  expect(answer.headers["transfer-encoding"]).toBe("chunked");
  expect((await post1(to, Buffer.alloc(1000, 65))).status).toBe(200);
});

test("requests that do not fit in memory are refused with a retryable error and leave the budget clean", async () => {
  const to = await open(echo, { inFlightBytesMax: 500 });
  expect((await post1(to, Buffer.alloc(501))).status).toBe(503);
  expect((await post1(to, "small")).status).toBe(200);
  await expect.poll(() => port?.heldBytes()).toBe(0);
});

test("a handler that throws is a defect: InternalFailure for this request, nothing for others", async () => {
  const to = await open(() => Promise.reject(new Error("broken")));
  expect(await post1(to, "x")).toMatchObject({ status: 500, body: '{"__type":"InternalFailure"}' });
  expect(defects).toBe(1);
});

test("headers above 16 KiB are refused", async () => {
  const to = await open(echo);
  const socket = connectTcp(to, "127.0.0.1");
  socket.write(`POST / HTTP/1.1\r\nHost: a\r\nX: ${"y".repeat(17_000)}\r\n\r\n`);
  const reply = await new Promise<Buffer>((resolve) => socket.once("data", resolve));
  expect(reply.toString()).toContain("431");
  socket.destroy();
});

test.each([
  ["nothing at all", ""],
  ["headers that never end", "POST / HTTP/1.1\r\nHost: a\r\n"],
  ["a body that never ends", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1"],
])("a client that sends %s is cut off", async (_what, text) => {
  const to = await open(echo, { headersMs: 200, requestMs: 300 });
  const socket = connectTcp(to, "127.0.0.1");
  socket.on("error", () => {});
  socket.resume();
  if (text !== "") socket.write(text);
  await new Promise((resolve) => socket.once("close", resolve));
  await expect.poll(() => port?.connections()).toBe(0);
});

test("a client that closes its half before asking leaves no connection behind", async () => {
  const to = await open(echo);
  const socket = connectTcp(to, "127.0.0.1");
  socket.resume();
  socket.end();
  await new Promise((resolve) => socket.once("close", resolve));
  await expect.poll(() => port?.connections()).toBe(0);
});

test("an HTTP/2 peer that ends its side is let go, with an answer still flowing", async () => {
  const to = await open(() =>
    Promise.resolve({ status: 200, headers: [], start: (sink: ReplySink) => void sink.write(Buffer.from("first")) }),
  );
  const session = connectHttp2(`http://127.0.0.1:${to}`);
  const stream = session.request({ ":method": "POST", ":path": "/" });
  stream.end("x");
  await new Promise((resolve) => stream.once("data", resolve));
  // As the AWS SDK gives up a subscription: the client's socket then waits for the server to close.
  session.close();
  session.destroy();
  await expect.poll(() => port?.connections(), { timeout: 20_000 }).toBe(0);
});

test("a session that resets streams in a flood is ended", async () => {
  const start = (sink: ReplySink): void => void sink.write(Buffer.from("first"));
  const to = await open(() => Promise.resolve({ status: 200, headers: [], start }), { sessionResetsPerSecondMax: 20 });
  const session = connectHttp2(`http://127.0.0.1:${to}`);
  session.on("error", () => {});
  const closed = new Promise((resolve) => session.once("close", resolve));
  for (let index = 0; index < 60; index += 1) {
    const stream = session.request({ ":method": "POST", ":path": "/" });
    stream.on("error", () => {});
    // Only then does the server know of the stream: one that is reset along with its headers costs it nothing.
    stream.once("data", () => stream.close(constants.NGHTTP2_CANCEL));
    stream.end("x");
  }
  await closed;
  expect(abuses).toBe(1);
});

test("a streaming reply flows chunk by chunk, reports a slow reader and a departed one", async () => {
  let sink: ReplySink | undefined;
  let closed = 0;
  const to = await open(() =>
    Promise.resolve({
      status: 200,
      headers: [],
      start(given: ReplySink): void {
        sink = given;
        given.onClose(() => (closed += 1));
        given.write(Buffer.from("first"));
      },
    }),
  );
  const session = connectHttp2(`http://127.0.0.1:${to}`);
  const stream = session.request({ ":method": "POST", ":path": "/" });
  stream.end("x");
  const first = await new Promise<Buffer>((resolve) => stream.once("data", resolve));
  expect(first.toString()).toBe("first");
  stream.pause();
  let flowing = true;
  for (let index = 0; index < 64 && flowing; index += 1) flowing = sink?.write(Buffer.alloc(65_536)) ?? true;
  expect(flowing).toBe(false);
  stream.close();
  await expect.poll(() => closed).toBe(1);
  session.close();
});
