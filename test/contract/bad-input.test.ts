/** Input that no honest client sends: each gets its exact answer, and the server goes on serving. */
import { connect, constants } from "node:http2";
import { afterEach, expect } from "vitest";
import { contract, contractCluster, type ContractWorld } from "./contract.ts";
import { pause, talk } from "./raw-socket.ts";

contractCluster();

let seen: ContractWorld | undefined;
const attack = (operation: string, words: string, script: (world: ContractWorld) => Promise<void>): void =>
  contract(operation, words, async (world) => {
    seen = world;
    await script(world);
  });

afterEach(async () => {
  // Whatever a case did, the next honest request is served.
  if (seen !== undefined) expect((await seen.kinesis.call("ListStreams", {})).status).toBe(200);
});

/** Everything of a request but its body, with `more` headers. */
function requestStart(headers: Readonly<Record<string, string>>, more: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST / HTTP/1.1\r\nHost: x\r\n${lines.join("")}${more}\r\n`;
}

const serialization = { status: 400, body: { __type: "SerializationException" } };

attack(
  "PutRecord",
  "truncated, trailing, non-object, non-UTF-8 and over-deep JSON is a bare SerializationException",
  async ({ kinesis }) => {
    const headers = kinesis.headers("PutRecord");
    const bodies: (string | Buffer)[] = [
      '{"StreamName":"s","PartitionKey":"a","Data":"',
      "{} trailing",
      "[1]",
      '"text"',
      "null",
      "\u0000",
      Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
      `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`,
      "[".repeat(100_000),
    ];
    for (const body of bodies) {
      const answer = await kinesis.raw({ headers, body });
      expect({ status: answer.status, body: answer.body }).toEqual(serialization);
    }
  },
);

attack("PutRecord", "wrong member types are explained in the service's words", async ({ kinesis }) => {
  const cases: [Record<string, unknown>, string][] = [
    [
      { StreamName: 1 },
      "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String",
    ],
    [{ StreamName: true }, "class java.lang.Boolean can not be converted to an String"],
    [{ StreamName: [] }, "Start of list found where not expected"],
    [{ StreamName: {} }, "Start of structure or map found where not expected."],
    [{ Data: 7 }, "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to a Blob"],
    [
      { Data: "abc" },
      "'abc' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 3",
    ],
    [{ Data: "ab=c" }, "'ab=c' can not be converted to a Blob: Invalid Base64 character: '='"],
    [{ Data: "YQ-_" }, "'YQ-_' can not be converted to a Blob: Invalid Base64 character: '-'"],
    [{ Data: "YR==" }, "'YR==' can not be converted to a Blob: Invalid last non-pad Base64 character dectected"],
  ];
  for (const [input, message] of cases) {
    const answer = await kinesis.call("PutRecord", { StreamName: "s", PartitionKey: "k", Data: "", ...input });
    expect([answer.status, answer.body]).toEqual([400, { __type: "SerializationException", Message: message }]);
  }
});

attack(
  "PutRecord",
  "__proto__, constructor and unknown members are ignored",
  async ({ kinesis, activeStream, readAll }) => {
    const StreamName = await activeStream();
    const body = `{"__proto__":{"StreamName":"evil"},"constructor":{"prototype":1},"Unknown":[{}],"StreamName":"${StreamName}","PartitionKey":"a","Data":"b2s="}`;
    expect((await kinesis.raw({ headers: kinesis.headers("PutRecord"), body })).status).toBe(200);
    expect((await readAll(StreamName, "0")).map((record) => record.Data)).toEqual(["b2s="]);
    expect(({} as Record<string, unknown>)["StreamName"]).toBeUndefined();
  },
);

attack(
  "PutRecords",
  "duplicate members: the last one counts, and nothing is stored twice",
  async ({ kinesis, activeStream, readAll }) => {
    const StreamName = await activeStream();
    const body = `{"StreamName":"nowhere","StreamName":"${StreamName}","Records":[{"Data":"eA==","Data":"eQ==","PartitionKey":"a","PartitionKey":"b"}]}`;
    expect((await kinesis.raw({ headers: kinesis.headers("PutRecords"), body })).status).toBe(200);
    expect((await readAll(StreamName, "0")).map((record) => [record.Data, record.PartitionKey])).toEqual([
      ["eQ==", "b"],
    ]);
  },
);

attack(
  "PutRecords",
  "one bad record refuses the whole call and stores nothing",
  async ({ kinesis, activeStream, readAll }) => {
    const StreamName = await activeStream();
    const good = { PartitionKey: "a", Data: "Z29vZA==" };
    for (const bad of [
      { PartitionKey: "a", Data: "!!!!" },
      { PartitionKey: "", Data: "" },
      { PartitionKey: "k".repeat(257), Data: "" },
      { PartitionKey: "a" },
    ]) {
      expect((await kinesis.call("PutRecords", { StreamName, Records: [good, bad, good] })).status).toBe(400);
    }
    expect(await readAll(StreamName, "0")).toEqual([]);
  },
);

attack("PutRecord", "broken CBOR is a SerializationException", async ({ kinesis }) => {
  const headers = { ...kinesis.headers("PutRecord"), "Content-Type": "application/x-amz-cbor-1.1" };
  for (const body of [
    Buffer.from("bf61", "hex"),
    Buffer.from("ff", "hex"),
    Buffer.from("9fff", "hex"),
    Buffer.from("a1", "hex"),
    Buffer.alloc(50_000, 0x9f),
    Buffer.from("5bffffffffffffffff", "hex"),
  ]) {
    const answer = await kinesis.raw({ headers, body });
    expect([answer.status, answer.headers["content-type"]]).toEqual([400, "application/x-amz-cbor-1.1"]);
    expect(answer.bytes.includes("SerializationException")).toBe(true);
  }
});

attack("PutRecords", "a body over the cap is refused with 413 before it is parsed", async ({ kinesis }) => {
  const answer = await kinesis
    .raw({ headers: kinesis.headers("PutRecords"), body: Buffer.alloc(17 * 1024 * 1024, 0x20) })
    .catch((error: unknown) => error);
  // The server may close while the client still writes; both are the refusal.
  if (answer instanceof Error) expect(answer.message).toMatch(/EPIPE|ECONNRESET|socket hang up/);
  else expect((answer as { status: number }).status).toBe(413);
});

attack("ListStreams", "endless headers are cut off", async ({ endpoint }) => {
  const flood = "x-filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(2000);
  const answer = await talk(endpoint, ["POST / HTTP/1.1\r\nHost: x\r\n", flood], 5000);
  expect(answer.closed).toBe(true);
  expect(answer.text).toMatch(/^(HTTP\/1\.1 431 |$)/);
});

attack("ListStreams", "slow headers and slow bodies are given up", async ({ endpoint }) => {
  const slowHeaders = talk(endpoint, ["POST / HTTP/1.1\r\nHost: x\r\n"], 45_000);
  const slowBody = talk(endpoint, ["POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"], 75_000);
  expect((await slowHeaders).closed).toBe(true);
  expect((await slowBody).closed).toBe(true);
});

attack("ListStreams", "garbage instead of HTTP closes the connection", async ({ endpoint }) => {
  for (const garbage of [
    "\u0016\u0003\u0001\u0000\u0005hello",
    "NONSENSE\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
    "\u0000".repeat(1000),
  ]) {
    const answer = await talk(endpoint, [garbage], 15_000);
    expect(answer.closed).toBe(true);
  }
});

attack(
  "PutRecord",
  "bodies whose length two parsers could read differently are refused, and nothing is stored",
  async ({ kinesis, endpoint, activeStream, readAll }) => {
    const StreamName = await activeStream();
    const body = JSON.stringify({ StreamName, PartitionKey: "a", Data: "c211Z2dsZWQ=" });
    const hex = body.length.toString(16);
    const chunked = `${hex}\r\n${body}\r\n0\r\n\r\n`;
    const length = `Content-Length: ${body.length}\r\n`;
    const shapes: readonly (readonly [headers: string, body: string])[] = [
      [`${length}Transfer-Encoding: chunked\r\n`, chunked],
      [`Transfer-Encoding: chunked\r\n${length}`, chunked],
      [`${length}Content-Length: 5\r\n`, body],
      [`Content-Length: ${body.length}, ${body.length}\r\n`, body],
      [`Content-Length: +${body.length}\r\n`, body],
      [`Content-Length: 0x${hex}\r\n`, body],
      ["Content-Length: 99999999999999999999999\r\n", body],
      ["Transfer-Encoding: xchunked\r\n", chunked],
      ["Transfer-Encoding: chunked, identity\r\n", chunked],
      ["Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", chunked],
      ["Transfer-Encoding : chunked\r\n", chunked],
      [`X-Fold: a\r\n Transfer-Encoding: chunked\r\n${length}`, body],
      [`X-Bare: a\rTransfer-Encoding: chunked\r\n${length}`, body],
      ["Transfer-Encoding: chunked\r\n", `fffffffffffffffff\r\n${body}\r\n0\r\n\r\n`],
    ];
    for (const [headers, sent] of shapes) {
      const answer = await talk(endpoint, [requestStart(kinesis.headers("PutRecord"), headers) + sent], 5000);
      expect([headers, answer.closed, answer.text.slice(0, 24)]).toEqual([headers, true, "HTTP/1.1 400 Bad Request"]);
    }
    expect(await readAll(StreamName, "0")).toEqual([]);
    const honest = requestStart(kinesis.headers("PutRecord"), "Transfer-Encoding: chunked\r\nConnection: close\r\n");
    expect((await talk(endpoint, [honest + chunked], 5000)).text).toMatch(/^HTTP\/1\.1 200 /);
    expect(await readAll(StreamName, "0")).toHaveLength(1);
  },
);

attack(
  "PutRecord",
  "whoever closes his half after a whole request is told what became of it",
  async ({ kinesis, endpoint, activeStream, readAll }) => {
    const StreamName = await activeStream();
    const body = JSON.stringify({ StreamName, PartitionKey: "a", Data: "aGFsZg==" });
    const start = requestStart(kinesis.headers("PutRecord"), `Content-Length: ${body.length}\r\n`);
    const answer = await talk(endpoint, [start + body, "end"], 5000);
    expect(answer.text).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer.closed).toBe(true);
    expect((await readAll(StreamName, "0")).map((record) => record.Data)).toEqual(["aGFsZg=="]);
  },
);

attack(
  "PutRecord",
  "half-closed and abandoned connections leave nothing behind",
  async ({ kinesis, endpoint, activeStream, readAll }) => {
    const StreamName = await activeStream();
    const body = JSON.stringify({ StreamName, PartitionKey: "a", Data: "cGFydGlhbA==" });
    const start = requestStart(kinesis.headers("PutRecord"), `Content-Length: ${body.length}\r\n`);
    for (let count = 0; count < 50; count += 1) await talk(endpoint, [start + body.slice(0, body.length - 1)], 1);
    expect(await readAll(StreamName, "0")).toEqual([]);
  },
);

attack("ListStreams", "HTTP/2 rapid resets do not starve others", async ({ endpoint, kinesis }) => {
  const session = connect(endpoint);
  // The server may end an abusive session at any point; that is the defence.
  session.on("error", () => undefined);
  const headers = {
    ":method": "POST",
    ":path": "/",
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": "Kinesis_20131202.ListStreams",
  };
  for (let count = 0; count < 5000 && !session.destroyed; count += 1) {
    const stream = session.request(headers);
    stream.on("error", () => undefined);
    stream.close(constants.NGHTTP2_CANCEL);
    if (count % 500 === 0) await pause(1);
  }
  expect((await kinesis.call("ListStreams", {})).status).toBe(200);
  session.destroy();
});
