import fc from "fast-check";
import { expect, test } from "vitest";
import { ResponseParser } from "./response-parser.ts";

interface Seen {
  status: number;
  body: string;
}

function parse(pieces: readonly Buffer[]): Seen[] {
  const seen: Seen[] = [];
  let body: Buffer[] = [];
  const parser = new ResponseParser({
    onBody: (piece) => body.push(Buffer.from(piece)),
    onEnd: (status) => {
      seen.push({ status, body: Buffer.concat(body).toString("latin1") });
      body = [];
    },
  });
  for (const piece of pieces) parser.push(piece);
  return seen;
}

const fixed = ({ status, body }: Seen): string =>
  `HTTP/1.1 ${status} Words\r\nA: b\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

function chunked({ status, body }: Seen, size: number): string {
  const chunks = body.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
  const coded = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("");
  return `HTTP/1.1 ${status} OK\r\nTransfer-Encoding: chunked\r\n\r\n${coded}0\r\n\r\n`;
}

const answer = fc.record({
  status: fc.integer({ min: 200, max: 599 }),
  body: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
});

test("answers of both forms, cut anywhere, come out whole and in order", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(answer, fc.nat(9)), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 50 }),
      (answers, cut) => {
        const bytes = Buffer.from(
          answers.map(([each, size]) => (size === 0 ? fixed(each) : chunked(each, size))).join(""),
          "latin1",
        );
        const pieces: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += cut) pieces.push(bytes.subarray(at, at + cut));
        expect(parse(pieces)).toEqual(answers.map(([each]) => each));
      },
    ),
  );
});
