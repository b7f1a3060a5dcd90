import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { realClock, realRandom } from "@millrace/base";
import { defaultHttpLimits, type HttpLimits } from "./http-limits.ts";
import type { HttpReply, HttpRequest } from "./http-message.ts";
import { openHttpPort, type HttpPort } from "./http-port.ts";

let port: HttpPort | undefined;
let defects = 0;

afterEach(async () => {
  await port?.close(0);
  port = undefined;
  defects = 0;
});

async function open(
  handler: (request: HttpRequest) => Promise<HttpReply>,
  limits: Partial<HttpLimits> = {},
): Promise<Conversation> {
  port = await openHttpPort({
    host: "127.0.0.1",
    port: 0,
    tls: undefined,
    limits: { ...defaultHttpLimits, ...limits },
    clock: realClock,
    random: realRandom,
    handler,
    onDefect: () => (defects += 1),
    onOverload: () => {},
    onAbuse: () => {},
  });
  return new Conversation(port.port);
}

/** A raw connection and what came back on it. */
class Conversation {
  readonly socket: Socket;
  text = "";
  closed = false;

  constructor(to: number) {
    this.socket = connect({ port: to, host: "127.0.0.1", allowHalfOpen: true });
    this.socket.on("data", (chunk: Buffer) => (this.text += chunk.toString("latin1")));
    this.socket.on("error", () => undefined);
    this.socket.on("close", () => (this.closed = true));
    this.socket.on("end", () => this.socket.end());
  }

  bodies(): string[] {
    return [...this.text.matchAll(/\r\n\r\n([^\r]*?)(?=HTTP\/1\.1 |$)/g)].map(([, body = ""]) => body);
  }
}

function put(body: string, more = ""): string {
  return `POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: Kinesis_20131202.PutRecord\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;
}

function echo({ body, rawHeaders }: HttpRequest): Promise<HttpReply> {
  return Promise.resolve({ status: 200, headers: [], body: Buffer.from(`<${body.toString()}:${rawHeaders.length}>`) });
}

test("requests that come together, in pieces or one by one are answered in order on one connection", async () => {
  const { socket, bodies } = bound(await open(echo));
  socket.write(put("one") + put("two") + put("three").slice(0, -2));
  await expect.poll(bodies).toEqual(["<one:6>", "<two:6>"]);
  socket.write("ee");
  await expect.poll(bodies).toEqual(["<one:6>", "<two:6>", "<three:6>"]);
  socket.write(put("four"));
  await expect.poll(bodies).toHaveLength(4);
  socket.destroy();
});

test("a request that is not ordinary makes the connection Node's between two requests, and loses nothing", async () => {
  const { socket, bodies } = bound(await open(echo));
  socket.write(put("one"));
  await expect.poll(bodies).toEqual(["<one:6>"]);
  socket.write("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n" + put("three"));
  await expect.poll(bodies).toEqual(["<one:6>", "<two:4>", "<three:6>"]);
  socket.write(put("four").slice(0, 30));
  socket.write(put("four").slice(30));
  await expect.poll(bodies).toHaveLength(4);
  socket.destroy();
  await expect.poll(() => port?.connections()).toBe(0);
});

test("a head in two pieces, and requests behind one that waits, are answered too", async () => {
  let letGo: () => void = () => {};
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  const { socket, bodies } = bound(await open((request) => gate.then(() => echo(request))));
  socket.write(put("one"));
  socket.write(put("two"));
  await new Promise((resolve) => setTimeout(resolve, 20));
  socket.write(put("three").slice(0, 40));
  await new Promise((resolve) => setTimeout(resolve, 20));
  letGo();
  await expect.poll(bodies).toEqual(["<one:6>", "<two:6>"]);
  socket.write(put("three").slice(40));
  await expect.poll(bodies).toHaveLength(3);
  socket.destroy();
});

test("a client that has said all it will say still gets its answer", async () => {
  const talk = await open(echo);
  talk.socket.end(put("last"));
  await expect.poll(() => talk.closed).toBe(true);
  expect(talk.bodies()).toEqual(["<last:6>"]);
});

test("a client that goes away in the middle of a body leaves nothing behind, and its request is never handled", async () => {
  let handled = 0;
  const talk = await open((request) => {
    handled += 1;
    return echo(request);
  });
  talk.socket.write(put("unfinished").slice(0, -1));
  await expect.poll(() => port?.heldBytes()).toBe(9);
  talk.socket.end();
  await expect.poll(() => talk.closed).toBe(true);
  await expect.poll(() => port?.heldBytes()).toBe(0);
  expect(handled).toBe(0);
});

test("a body that does not fit in memory is refused while it arrives, with a retryable error that the client can read", async () => {
  const talk = await open(echo, { inFlightBytesMax: 100_000 });
  const body = "x".repeat(300_000);
  talk.socket.write(put(body));
  await expect.poll(() => talk.text).toContain("HTTP/1.1 503 ");
  expect(talk.text).toContain("Connection: close");
  await expect.poll(() => talk.closed).toBe(true);
  await expect.poll(() => port?.heldBytes()).toBe(0);
});

test("a defect is told to the client, and ends the connection", async () => {
  const talk = await open(() => Promise.reject(new Error("broken")));
  talk.socket.write(put("x"));
  await expect.poll(() => talk.closed).toBe(true);
  expect(talk.text).toContain("HTTP/1.1 500 Internal Server Error\r\n");
  expect(talk.text).toContain('{"__type":"InternalFailure"}');
  expect(defects).toBe(1);
});

test("a reply that nobody reads counts as held and ends with its connection", async () => {
  const size = 30 * 1024 * 1024;
  const reply = { status: 200, headers: [], body: Buffer.alloc(size) };
  const talk = await open(() => Promise.resolve(reply), { replyMs: 300 });
  talk.socket.pause();
  talk.socket.write(put("x"));
  await expect.poll(() => port?.heldBytes()).toBeGreaterThan(0);
  await expect.poll(() => port?.connections(), { timeout: 10_000 }).toBe(0);
  expect(port?.heldBytes()).toBe(0);
  talk.socket.destroy();
});

test("a closing port lets the request under way finish and closes idle connections", async () => {
  let letGo: () => void = () => {};
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  const busy = await open((request) => gate.then(() => echo(request)));
  const idle = new Conversation(port?.port ?? 0);
  busy.socket.write(put("under way"));
  await expect.poll(() => port?.heldBytes()).toBeGreaterThan(0);
  await expect.poll(() => port?.connections()).toBe(2);
  const closing = port?.close(5000);
  setTimeout(letGo, 50);
  await closing;
  await expect.poll(() => busy.closed && idle.closed).toBe(true);
  expect(busy.bodies()).toEqual(["<under way:6>"]);
  expect(busy.text).toContain("Connection: close");
});

function bound(talk: Conversation): { socket: Socket; bodies: () => string[] } {
  return { socket: talk.socket, bodies: () => talk.bodies() };
}
