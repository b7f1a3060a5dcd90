import { readFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@millrace/testkit";
import { expect, test } from "vitest";
import type { DeadLetter } from "./dead-letter.ts";
import { deadLetterFile } from "./dead-letter-file.ts";

const letter = (texts: readonly string[]): DeadLetter => ({
  stream: "s",
  shardId: "shard",
  attempts: 3,
  error: new Error("no good"),
  atMs: 9,
  records: texts.map((text, index) => ({
    data: Buffer.from(text),
    partitionKey: "k",
    explicitHashKey: "7",
    sequenceNumber: String(index),
    subSequenceNumber: 2,
    arrivalMs: 5,
  })),
});

test("letters are whole lines, one after the other, that hold everything", async () => {
  const directory = temporaryDirectory();
  const path = join(directory.path, "letters.jsonl");
  const write = deadLetterFile(path);
  const { signal } = new AbortController();
  await Promise.all([write(letter(["a", "é"]), signal), write(letter(["b"]), signal)]);
  const lines = readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ dataBase64 }) => Buffer.from(String(dataBase64), "base64").toString())).toEqual(["a", "é", "b"]);
  expect(lines[0]).toMatchObject({
    stream: "s",
    shardId: "shard",
    sequenceNumber: "0",
    subSequenceNumber: 2,
    partitionKey: "k",
    explicitHashKey: "7",
    arrivalMs: 5,
    attempts: 3,
    error: "no good",
    atMs: 9,
  });
  directory.remove();
});

test("a letter that cannot be written is an error", async () => {
  const write = deadLetterFile("/nonexistent/letters.jsonl");
  await expect(write(letter(["a"]), new AbortController().signal)).rejects.toThrow(/ENOENT/);
});
