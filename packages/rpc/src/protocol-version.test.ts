/** Processes of different protocol versions over real connections; each test speaks as somebody else and then as itself again. */
import { connect, createServer, type IncomingHttpHeaders } from "node:http2";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { ActiveCoordinator } from "./active-coordinator.ts";
import { callUnary } from "./call.ts";
import type { FindActiveReply__Output } from "./generated/millrace/v1/FindActiveReply.ts";
import type { CoordinatorClient } from "./generated/millrace/v1/Coordinator.ts";
import { connectHttp2 } from "./http2/connect-http2.ts";
import { listenHttp2 } from "./http2/listen-http2.ts";
import {
  PROTOCOL_VERSION_MAX,
  protocolFields,
  protocolHeader,
  protocolRefusal,
  rangeOfFields,
  rangeOfHeader,
  speakProtocol,
} from "./protocol-version.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  speakProtocol(null);
  for (const close of closers.splice(0).toReversed()) await close();
});

const clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule: (delayMs: number, callback: () => void) => {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};

async function coordinator(): Promise<number> {
  const server = await listenHttp2("127.0.0.1", 0, {
    Coordinator: {
      FindActive: (_call: unknown, answer: (error: null, reply: object) => void) => answer(null, { active: true }),
    },
  });
  closers.push(() => server.close(0));
  return server.port;
}

function ask(port: number): Promise<FindActiveReply__Output> {
  const client = connectHttp2("Coordinator", `127.0.0.1:${port}`) as CoordinatorClient;
  closers.push(() => client.close());
  return callUnary((request, options, done) => client.findActive(request, options, done), {}, 5_000);
}

/** One call by hand, with the header that a process of another release would send. */
function askAs(port: number, header: string | undefined): Promise<IncomingHttpHeaders> {
  const session = connect(`http://127.0.0.1:${port}`);
  closers.push(() => session.destroy());
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ":method": "POST",
      ":path": "/millrace.v1.Coordinator/FindActive",
      "content-type": "application/grpc+proto",
      te: "trailers",
      ...(header !== undefined && { "millrace-protocol": header }),
    });
    let seen: IncomingHttpHeaders = {};
    for (const event of ["response", "trailers"]) stream.on(event, (more) => (seen = { ...seen, ...more }));
    stream.on("close", () => resolve(seen));
    stream.on("error", reject);
    stream.resume();
    stream.end(Buffer.alloc(5));
  });
}

test("a process held down to the version before says nothing that version did not say", () => {
  expect([protocolHeader(), protocolFields()]).toEqual([
    { "millrace-protocol": `1-${PROTOCOL_VERSION_MAX}` },
    { protocolVersionMin: 1, protocolVersionMax: PROTOCOL_VERSION_MAX },
  ]);
  speakProtocol(1);
  expect([protocolHeader(), protocolFields()]).toEqual([{}, { protocolVersionMin: 0, protocolVersionMax: 0 }]);
  expect(() => speakProtocol(PROTOCOL_VERSION_MAX + 1)).toThrow(/USAGE: protocolVersionMax must be from 1 to/);
});

test("ranges are read from headers and messages; what says nothing is of version 1", () => {
  expect([rangeOfHeader(undefined), rangeOfHeader("2-5"), rangeOfFields({}), protocolRefusal("x", { min: 1, max: 1 })]) //
    .toEqual([{ min: 1, max: 1 }, { min: 2, max: 5 }, { min: 1, max: 1 }, undefined]);
  expect(rangeOfFields({ protocolVersionMin: 0, protocolVersionMax: 0 })).toEqual({ min: 1, max: 1 });
  for (const nonsense of ["", "2", "1-", "-1", "1-2-3", "9".repeat(400)]) {
    expect(protocolRefusal("x", rangeOfHeader(nonsense))).toContain("this process 1 to");
  }
});

test("either side may be of the version before", async () => {
  const port = await coordinator();
  for (const version of [1, null]) {
    speakProtocol(version);
    expect(await ask(port)).toMatchObject({ active: true });
    for (const header of [undefined, "1-1", "2-3"].slice(0, version === 1 ? 2 : 3)) {
      expect(await askAs(port, header)).toMatchObject({ "grpc-status": "0" });
    }
  }
});

test("a server refuses a caller with whom it has no version in common, and names both ranges", async () => {
  const port = await coordinator();
  const headers = await askAs(port, "7-9");
  expect(headers).toMatchObject({ "grpc-status": "9", "millrace-protocol": `1-${PROTOCOL_VERSION_MAX}` });
  const details = decodeURI(String(headers["grpc-message"]));
  expect(details).toContain(`VERSION: the caller speaks protocol versions 7 to 9, this process 1 to`);
  expect(details).toContain("docs/operations/upgrade.md");
});

test("a caller gives up on a server with which it has no version in common, and says so once", async () => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "application/grpc+proto", "millrace-protocol": "8-8" });
    response.write(Buffer.alloc(5));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  closers.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  await expect(ask(port)).rejects.toMatchObject({
    code: "VERSION",
    message: expect.stringContaining("the other side speaks protocol versions 8 to 8, this process 1 to"),
  });
  const refusals: string[] = [];
  const search = new ActiveCoordinator([`127.0.0.1:${port}`], clock, ({ code }) => refusals.push(code));
  closers.push(() => search.close());
  expect(await search.find(500)).toBeUndefined();
  expect(refusals).toEqual(["VERSION"]);
});
