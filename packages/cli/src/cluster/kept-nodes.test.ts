import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@millrace/testkit";
import { expect, test } from "vitest";
import { chooseNodes, keepCopies, readKeptNodes } from "./kept-nodes.ts";

const request = { single: false, dataDir: "/d" };

test("without a number every node of the directory is started, three at least", () => {
  expect(chooseNodes(request, { nodes: [], copies: undefined })).toEqual({ nodes: 3, warning: "" });
  expect(chooseNodes(request, { nodes: [1, 2, 3, 4], copies: 3 })).toEqual({ nodes: 4, warning: "" });
  expect(chooseNodes({ ...request, nodes: 5 }, { nodes: [1, 2, 3, 4], copies: 3 })).toEqual({ nodes: 5, warning: "" });
});

test("a smaller number names those left out", () => {
  const { nodes, warning } = chooseNodes({ ...request, nodes: 3 }, { nodes: [1, 2, 3, 4, 5], copies: 3 });
  expect(nodes).toBe(3);
  expect(warning).toContain("--nodes 3 leaves out node-4, node-5 of /d: ");
});

test("one copy is not opened as three, nor three as one", () => {
  const one = { nodes: [1], copies: 1 };
  expect(() => chooseNodes(request, one)).toThrow("made by --single and keeps one copy of every record: start it with");
  expect(chooseNodes({ ...request, single: true }, one).nodes).toBe(1);
  const three = { nodes: [1, 2, 3], copies: 3 };
  expect(() => chooseNodes({ ...request, single: true }, three)).toThrow("start it without --single");
  expect(() => chooseNodes({ ...request, nodes: 1 }, three)).toThrow("start it without --nodes 1");
});

test("a directory tells its nodes and copies, also one that does not say how many copies", () => {
  const directory = temporaryDirectory();
  try {
    expect(readKeptNodes(directory.path)).toEqual({ nodes: [], copies: undefined });
    mkdirSync(join(directory.path, "node-1"));
    expect(readKeptNodes(directory.path)).toEqual({ nodes: [1], copies: 1 });
    keepCopies(directory.path, 3);
    for (const name of ["node-10", "node-2", "logs"]) mkdirSync(join(directory.path, name));
    expect(readKeptNodes(directory.path)).toEqual({ nodes: [1, 2, 10], copies: 3 });
  } finally {
    directory.remove();
  }
});
