import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { fileProblem } from "./file-problem.ts";

test("the system's usual answers are said in words, others as they are", async () => {
  const words = (work: Promise<unknown>): Promise<string> => work.then(() => "", fileProblem);
  expect(await words(readFile("no-such-file"))).toBe("there is no such file or directory");
  expect(await words(readFile("."))).toBe("it is a directory");
  expect(await words(writeFile(`${import.meta.filename}/below`, ""))).toBe(
    "a part of that path is a file, not a directory",
  );
  expect(fileProblem(new Error("EIO: i/o error"))).toBe("EIO: i/o error");
  expect(fileProblem(undefined)).toBe("undefined");
});
