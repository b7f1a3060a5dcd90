/** Clients that give or take their bytes slowly, or not at all: what they cost is bounded and ends. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { realClock, realRandom } from "@millrace/base";
import { defaultHttpLimits, type HttpLimits } from "./http-limits.ts";
import type { HttpReply } from "./http-message.ts";
import { openHttpPort, type HttpPort } from "./http-port.ts";

const MIB = 1024 * 1024;
const REQUEST = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";
/** The same to whoever reads it; the port takes requests with a target another way. */
const requests = [REQUEST, REQUEST.replace("Host", "X-Amz-Target: a\r\nHost")];

async function open(reply: () => HttpReply, limits: Partial<HttpLimits>): Promise<HttpPort> {
  const port = await openHttpPort({
    host: "127.0.0.1",
    port: 0,
    tls: undefined,
    limits: { ...defaultHttpLimits, ...limits },
    clock: realClock,
    random: realRandom,
    handler: () => Promise.resolve(reply()),
    onDefect: () => {},
    onOverload: () => {},
    onAbuse: () => {},
  });
  onTestFinished(() => port.close(0));
  return port;
}

/** A connection that reads nothing until it is told to. */
function client(port: HttpPort): Socket {
  const socket = connect(port.port, "127.0.0.1");
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  return socket.pause();
}

function big(bytes: number): () => HttpReply {
  return () => ({ status: 200, headers: [], body: Buffer.alloc(bytes) });
}

test("bytes that come one by one do not keep a request open", async () => {
  const port = await open(big(1), { headersMs: 500, requestMs: 1_000 });
  for (const start of ["POST / HTTP/1.1\r\nX: ", REQUEST.replace("Content-Length: 2", "Content-Length: 9999")]) {
    const socket = client(port).resume();
    socket.write(start);
    const drip = setInterval(() => socket.write("a"), 50);
    await once(socket, "close");
    clearInterval(drip);
  }
  await expect.poll(() => port.heldBytes()).toBe(0);
});

test.each(requests)(
  "a reader that takes nothing of a large answer is cut off, its bytes are given back: %j",
  async (request) => {
    const port = await open(big(32 * MIB), { replyMs: 300 });
    client(port).write(request);
    await expect.poll(() => port.heldBytes()).toBeGreaterThan(32 * MIB);
    await expect.poll(() => port.heldBytes(), { timeout: 10_000 }).toBe(0);
    expect(port.connections()).toBe(0);
  },
);

test.each(requests)("a reader that is slow but goes on gets all of a large answer: %j", async (request) => {
  const port = await open(big(32 * MIB), { replyMs: 600 });
  const socket = client(port);
  const beganMs = performance.now();
  let received = 0;
  socket.on("data", (chunk: Buffer) => {
    received += chunk.length;
    if (received % (4 * MIB) < chunk.length) {
      socket.pause();
      setTimeout(() => socket.resume(), 200);
    }
  });
  socket.resume();
  socket.write(request);
  await expect.poll(() => received, { timeout: 20_000 }).toBeGreaterThan(32 * MIB);
  // Longer than one wait for a reader, so it was not that which let it through.
  expect(performance.now() - beganMs).toBeGreaterThan(1_000);
});

test.each(requests)(
  "large answers that nobody takes fill the budget and no more; further ones are refused: %j",
  async (request) => {
    const limit = 40 * MIB;
    const port = await open(big(16 * MIB), { inFlightBytesMax: limit });
    const readers = Array.from({ length: 6 }, () => client(port));
    for (const reader of readers) reader.write(request);
    const begun = await Promise.all(readers.map((reader) => firstLine(reader)));
    expect(begun.filter((line) => line.includes(" 200 "))).toHaveLength(2);
    expect(begun.filter((line) => line.includes(" 503 "))).toHaveLength(4);
    expect(port.heldBytes()).toBeLessThanOrEqual(limit);
    for (const reader of readers) reader.destroy();
    await expect.poll(() => port.heldBytes()).toBe(0);
  },
);

test.each(requests)("who closes his half after a whole request still gets the answer: %j", async (request) => {
  const port = await open(big(1), {});
  const socket = client(port).resume();
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  socket.end(request);
  await once(socket, "close");
  expect(text).toMatch(/^HTTP\/1\.1 200 /);
});

test("a stream without end is over for who closes his half", async () => {
  let closed = 0;
  const streaming = (): HttpReply => ({
    status: 200,
    headers: [],
    start(sink) {
      sink.onClose(() => (closed += 1));
      sink.write(Buffer.from("first"));
    },
  });
  const port = await open(streaming, {});
  const socket = client(port).resume();
  socket.write(REQUEST);
  await once(socket, "data");
  socket.end();
  await expect.poll(() => closed).toBe(1);
  await expect.poll(() => port.connections()).toBe(0);
});

/** The status line, reading no more than the first piece. */
function firstLine(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once("data", (chunk: Buffer) => {
      socket.pause();
      resolve(chunk.toString("latin1", 0, 40));
    });
    socket.resume();
  });
}
