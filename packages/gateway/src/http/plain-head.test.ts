import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parsePlainHead } from "./plain-head.ts";

const ordinary = "POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: Kinesis_20131202.PutRecord\r\nContent-Length: 2\r\n";

function parse(text: string): ReturnType<typeof parsePlainHead> {
  const bytes = Buffer.from(`${text}\r\n{}`, "latin1");
  return parsePlainHead(bytes, bytes.indexOf("\r\n\r\n") + 4);
}

test("an ordinary head gives its fields as they were written, without the space around values", () => {
  expect(parse(`${ordinary}x-y:\t 1 2 \t\r\nEmpty:\r\n`)).toEqual({
    rawHeaders: "Host|a|X-Amz-Target|Kinesis_20131202.PutRecord|Content-Length|2|x-y|1 2|Empty|".split("|"),
    contentLength: 2,
  });
});

test.each([
  ["another method", ordinary.replace("POST", "PUT")],
  ["another path", ordinary.replace("/ HTTP", "/x HTTP")],
  ["another version", ordinary.replace("1.1", "1.0")],
  ["a version in small letters", ordinary.replace("HTTP", "http")],
  ["no host", ordinary.replace("Host", "Hosts")],
  ["two hosts", `${ordinary}host: b\r\n`],
  ["no length", ordinary.replace("Content-Length", "Content-Size")],
  ["two lengths", `${ordinary}content-length: 2\r\n`],
  ["a list of lengths", ordinary.replace(": 2", ": 2, 2")],
  ["a signed length", ordinary.replace(": 2", ": +2")],
  ["a length with a leading zero", ordinary.replace(": 2", ": 02")],
  ["a length beyond all bounds", ordinary.replace(": 2", ": 99999999999999999999")],
  ["a transfer coding", `${ordinary}TRANSFER-encoding: chunked\r\n`],
  ["an expectation", `${ordinary}Expect: 100-continue\r\n`],
  ["an upgrade", `${ordinary}Upgrade: h2c\r\n`],
  ["an end after this request", `${ordinary}Connection: close\r\n`],
  ["a space before the colon", `${ordinary}X-Y : 1\r\n`],
  ["a folded line", `${ordinary}X-Y: 1\r\n 2\r\n`],
  ["a bare line feed", `${ordinary}X-Y: 1\nZ: 2\r\n`],
  ["a bare carriage return", `${ordinary}X-Y: 1\rZ: 2\r\n`],
  ["a null byte", `${ordinary}X-Y: \0\r\n`],
  ["a value of another alphabet", `${ordinary}X-Y: \u00e4\r\n`],
  ["a name of other letters", `${ordinary}X\u00e4: 1\r\n`],
  ["a line without colon", `${ordinary}X-Y\r\n`],
  ["an answer that streams", ordinary.replace("PutRecord", "SubscribeToShard")],
  ["two targets", `${ordinary}x-amz-target: Kinesis_20131202.PutRecords\r\n`],
  ["too many fields", ordinary + "a: b\r\n".repeat(120)],
])("%s is left to Node", (_what, text) => {
  expect(parse(text)).toBeUndefined();
});

let seen: readonly string[] = [];
const server = createServer((request, reply) => {
  seen = request.rawHeaders;
  request.resume();
  reply.end();
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
afterAll(() => server.close());

/** What Node's server sees of the head; undefined: it refused it. */
function readByNode(text: string): Promise<readonly string[] | undefined> {
  return new Promise((resolve) => {
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.once("data", (answer) => {
      resolve(answer.toString("latin1").startsWith("HTTP/1.1 200") ? seen : undefined);
      socket.destroy();
    });
    socket.end(`${text}\r\n{}`, "latin1");
  });
}

test("whatever is accepted, Node's server reads alike", async () => {
  const piece = fc.constantFrom(
    "a",
    "B-c",
    ":",
    " ",
    "\t",
    "\r\n",
    "\r",
    "\n",
    "7",
    "é",
    "\0",
    "x: y\r\n",
    "Host",
    ",",
    "~",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
      const text = `${ordinary}${pieces.join("")}\r\n`;
      const head = parse(text.slice(0, -2)) ?? parse(text);
      if (head === undefined) return;
      const own = parse(text.slice(0, -2)) === undefined ? text : text.slice(0, -2);
      // A blank line inside ends the head earlier; the rest is a body.
      const whole = own.slice(0, `${own}\r\n`.indexOf("\r\n\r\n") + 2);
      expect(await readByNode(whole)).toEqual(head.rawHeaders);
    }),
    { numRuns: 300 },
  );
});
