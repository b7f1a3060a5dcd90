/** Runs every shell snippet of the README as it stands, in order, in one place. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { temporaryDirectory } from "@millrace/testkit";
import { isInstalled, repository, run } from "./run-command.ts";

const PORT = 4567;
const snippets = [...readFileSync(join(repository, "README.md"), "utf8").matchAll(/```sh\n(.*?)```/gs)].map(
  (match) => match[1] ?? "",
);
const portIsFree = await new Promise<boolean>((resolve) => {
  const probe = createServer();
  probe.once("error", () => resolve(false));
  probe.listen(PORT, "127.0.0.1", () => probe.close(() => resolve(true)));
});

let cluster: ChildProcess | undefined;
const directory = temporaryDirectory();

beforeAll(async () => {
  mkdirSync(directory.path, { recursive: true });
  symlinkSync(join(repository, "node_modules"), join(directory.path, "node_modules"));
});

afterAll(async () => {
  const running = cluster;
  if (running !== undefined && running.exitCode === null) {
    const gone = new Promise((resolve) => running.once("exit", resolve));
    // As Ctrl-C does: to everything that runs in the foreground.
    process.kill(-(running.pid ?? 0), "SIGINT");
    await gone;
  }
  directory.remove();
});

test("the README begins with one command to a cluster and one to the tests", () => {
  expect(snippets.slice(0, 2)).toEqual(["make run\n", "make test\n"]);
  expect(readFileSync(join(repository, ".ci/run"), "utf8")).toContain("make test");
});

test.skipIf(!portIsFree || !isInstalled("aws", ["--version"]))("its snippets work when pasted", async () => {
  cluster = spawn("make", ["run"], {
    cwd: repository,
    env: { ...process.env, ARGS: `--data-dir ${join(directory.path, "data")}` },
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  await new Promise<void>((resolve, reject) => {
    let output = "";
    cluster?.once("exit", (code) => reject(new Error(`make run ended with ${code}: ${output}`)));
    cluster?.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes("ready")) resolve();
    });
  });
  for (const snippet of snippets.slice(2)) {
    const result = await run("bash", ["-euo", "pipefail", "-c", snippet], { cwd: directory.path, env: process.env });
    expect({ snippet, exitCode: result.exitCode, stderr: result.exitCode === 0 ? "" : result.stderr }).toEqual({
      snippet,
      exitCode: 0,
      stderr: "",
    });
  }
});
