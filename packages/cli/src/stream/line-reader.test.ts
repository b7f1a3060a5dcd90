import fc from "fast-check";
import { expect, test } from "vitest";
import { readLines } from "./line-reader.ts";

async function lines(pieces: readonly Uint8Array[]): Promise<Buffer[]> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* pieces;
  }
  const found: Buffer[] = [];
  for await (const line of readLines(source())) found.push(Buffer.from(line));
  return found;
}

const line = fc.uint8Array({ maxLength: 20 }).map((bytes) => bytes.filter((byte) => byte !== 0x0a));

test("any bytes cut anywhere come out as the lines they were", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 8 }), fc.array(fc.nat(200), { maxLength: 6 }), async (given, cuts) => {
      const whole = Buffer.concat(given.flatMap((each) => [each, Buffer.from("\n")]));
      const edges = [...new Set([0, ...cuts.filter((cut) => cut < whole.length), whole.length])].toSorted(
        (a, b) => a - b,
      );
      const pieces = edges.slice(1).map((end, index) => whole.subarray(edges[index], end));
      expect((await lines(pieces)).map((each) => each.toString("hex"))).toEqual(
        given.map((each) => Buffer.from(each).toString("hex")),
      );
    }),
  );
});

test("a last line needs no line end, an empty input has no line", async () => {
  expect((await lines([Buffer.from("a\nb")])).map(String)).toEqual(["a", "b"]);
  expect(await lines([])).toEqual([]);
  expect((await lines([Buffer.from("\n\n")])).map(String)).toEqual(["", ""]);
});

test("a line beyond every record limit is refused", async () => {
  const piece = Buffer.alloc(6 * 1024 * 1024, 1);
  await expect(lines([piece, piece])).rejects.toMatchObject({ code: "USAGE" });
});
