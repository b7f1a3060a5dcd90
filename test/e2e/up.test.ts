/** `millrace up` as an operator meets it: restarts, refusals, a killed parent, a clean end. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { launchCluster, temporaryDirectory, type LaunchedCluster, type TemporaryDirectory } from "@millrace/testkit";
import { millrace, repository } from "./run-command.ts";

let directory: TemporaryDirectory;
let cluster: LaunchedCluster | undefined;

beforeEach(() => {
  directory = temporaryDirectory();
});

afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
  directory.remove();
});

const lines = Array.from({ length: 500 }, (_, index) => `key-${index % 7} line ${index}`).join("\n");

async function produce(endpoint: string): Promise<void> {
  const args = ["produce", "kept", "--create", "3", "--key-regex", "^(\\S+)", "--endpoint", endpoint];
  expect(await millrace(args, { stdin: lines })).toMatchObject({ exitCode: 0 });
}

async function expectKept(endpoint: string): Promise<void> {
  const tailed = await millrace(["tail", "kept", "--from", "trim-horizon", "--count", "500", "--endpoint", endpoint]);
  expect(tailed.stdout.toString().trimEnd().split("\n").toSorted()).toEqual(lines.split("\n").toSorted());
}

test("stopped cleanly it exits with 0, and started again all data is there", async () => {
  cluster = await launchCluster({ dataDir: directory.path });
  await produce(cluster.endpoint);
  expect(await cluster.stop()).toBe(0);
  cluster = await launchCluster({ dataDir: directory.path });
  await expectKept(cluster.endpoint);
});

test("killed itself, its processes end, and the next one finds all data", async () => {
  cluster = await launchCluster({ dataDir: directory.path });
  await produce(cluster.endpoint);
  const { pid } = JSON.parse(readFileSync(join(directory.path, "lock"), "utf8")) as { pid: number };
  process.kill(pid, "SIGKILL");
  cluster = await launchCluster({ dataDir: directory.path });
  await expectKept(cluster.endpoint);
});

test("a killed process comes back with its ports and identity", async () => {
  cluster = await launchCluster({ dataDir: directory.path });
  await produce(cluster.endpoint);
  const before = cluster.processes();
  cluster.kill("gateway");
  cluster.kill("node-2");
  await expect
    .poll(() => cluster?.processes().filter(({ pid }, index) => pid !== before[index]?.pid).length, { timeout: 30_000 })
    .toBe(2);
  await cluster.waitHealthy();
  await expectKept(cluster.endpoint);
});

test("a decommissioned node is left out with the reason, when its process ends and when all is started again", async () => {
  cluster = await launchCluster({ nodes: 4, dataDir: directory.path });
  await produce(cluster.endpoint);
  const at = ["--data-dir", directory.path];
  expect(await millrace(["cluster", "health", "--wait", ...at])).toMatchObject({ exitCode: 0 });
  expect(await millrace(["node", "decommission", "node-1", "--wait", ...at])).toMatchObject({ exitCode: 0 });
  const running = (): string[] => Object.keys(JSON.parse(readFileSync(join(directory.path, "processes.json"), "utf8")));
  cluster.kill("node-1");
  await expect.poll(running, { timeout: 30_000 }).toEqual(["coordinator", "node-2", "node-3", "node-4", "gateway"]);
  expect(await cluster.stop()).toBe(0);
  cluster = await launchCluster({ nodes: "kept", dataDir: directory.path });
  expect(cluster.processes().map(({ name }) => name)).toEqual(["coordinator", "node-2", "node-3", "node-4", "gateway"]);
  await expectKept(cluster.endpoint);
  const status = await millrace(["cluster", "status", "--json", ...at]);
  const { nodes } = JSON.parse(status.stdout.toString()) as { nodes: { name: string; duty: string }[] };
  expect(nodes.map(({ name, duty }) => `${name} ${duty}`).toSorted()).toEqual([
    "node-1 decommissioned",
    "node-2 member",
    "node-3 member",
    "node-4 member",
  ]);
}, 120_000);

test("a second cluster on the same data or port is refused with the reason and exit code 2", async () => {
  cluster = await launchCluster({ single: true, dataDir: directory.path });
  const sameData = await millrace(["up", "--single", "--port", "0", "--data-dir", directory.path]);
  expect(sameData).toMatchObject({ exitCode: 2 });
  expect(sameData.stderr).toMatch(/is in use by a cluster that runs already \(pid \d+\)/);
  const port = new URL(cluster.endpoint).port;
  const samePort = await millrace(["up", "--single", "--port", port, "--data-dir", join(directory.path, "other")]);
  expect(samePort).toMatchObject({ exitCode: 2 });
  expect(samePort.stderr).toContain(`port ${port} is in use`);
  await cluster.stop();
  const threeCopies = await millrace(["up", "--port", "0", "--data-dir", directory.path]);
  expect(threeCopies).toMatchObject({ exitCode: 2 });
  expect(threeCopies.stderr).toContain("was made by --single");
});

test("what is missing is said with what to do next", async () => {
  cluster = await launchCluster({ single: true, dataDir: directory.path });
  const absent = await millrace(["produce", "absent", "--endpoint", cluster.endpoint], { stdin: "a\n" });
  expect(absent).toMatchObject({ exitCode: 2 });
  expect(absent.stderr).toContain("--create");
  for (const command of [
    ["produce", "bad name", "--create", "1"],
    ["tail", "bad name"],
  ]) {
    const misnamed = await millrace([...command, "--endpoint", cluster.endpoint], { stdin: "" });
    expect([misnamed.exitCode, misnamed.stderr]).toEqual([2, expect.stringContaining("is not the name of a stream")]);
  }
  const none = await millrace(["tail", "absent", "--endpoint", cluster.endpoint]);
  expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining("millrace produce absent --create 4")]);
  await millrace(["produce", "there", "--create", "1", "--endpoint", cluster.endpoint], { stdin: "" });
  const other = await millrace(["tail", "absent", "--endpoint", cluster.endpoint]);
  expect([other.exitCode, other.stderr]).toEqual([2, expect.stringMatching(/; there are there\n$/)]);
  const nobody = await millrace(["tail", "x", "--endpoint", "http://127.0.0.1:9"]);
  expect(nobody).toMatchObject({ exitCode: 1 });
  expect(nobody.stderr).toContain("npx millrace up");
  const noTls = await millrace(["tail", "x", "--endpoint", cluster.endpoint.replace("http:", "https:")]);
  expect(noTls).toMatchObject({ exitCode: 1 });
  expect(noTls.stderr).toContain("does not speak TLS");
});

test.each([
  [
    ["produce", "x", "--create", "1", "--file", "no-such-file"],
    /^millrace: cannot read --file no-such-file: there is no such file or directory; name a file .*\n$/,
  ],
  [
    ["produce", "x", "--create", "1", "--file", "."],
    /^millrace: cannot read --file \.: it is a directory; name a file .*\n$/,
  ],
  [["metadata", "import", "absent", "--data-dir", "x"], /cannot read absent: there is no such file .* metadata export/],
  [
    ["worker", "exec", "--stream", "x", "--application", "a", "--dead-letter-file", "absent/letters", "--", "cat"],
    /^millrace: --dead-letter-file absent\/letters: there is no directory absent; make it first\n$/,
  ],
  [["tail", "x", "--endpoint", "localhost:4567"], /^millrace: the endpoint must be a URL such as .*\n$/],
  [["up", "--data-dir", ""], /^millrace: --data-dir must name a directory\n$/],
  [["up", "--single", "--nodes", "5"], /'--single' cannot be used with option '--nodes/],
])("millrace %j is refused before anything is done", async (args, message) => {
  const refused = await millrace(args);
  expect(refused).toMatchObject({ exitCode: 2 });
  expect(refused.stderr).toMatch(message);
});

test("produce stores every line before one that is too large for a record, and names that line", async () => {
  cluster = await launchCluster({ single: true, dataDir: directory.path });
  const at = ["--endpoint", cluster.endpoint];
  const stdin = `first\n${"x".repeat(1_200_000)}\nlast\n`;
  const produced = await millrace(["produce", "lines", "--create", "1", ...at], { stdin });
  expect(produced).toMatchObject({ exitCode: 2 });
  expect(produced.stderr).toMatch(/line 2 makes a record of 12000\d\d bytes .* at most 1048576/);
  const back = await millrace(["tail", "lines", "--from", "trim-horizon", "--count", "1", ...at]);
  expect(back.stdout.toString()).toBe("first\n");
});

test("Ctrl-C ends produce when what it has read is stored, and says how far that was", async () => {
  cluster = await launchCluster({ single: true, dataDir: directory.path });
  const command = join(repository, "packages/cli/bin/millrace.js");
  const child = spawn(process.execPath, [
    command,
    "produce",
    "endless",
    "--create",
    "1",
    "--endpoint",
    cluster.endpoint,
  ]);
  let stderr = "";
  child.stdin.write("first\nsecond\n");
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
    if (chunk.includes("put 2 records")) child.kill("SIGINT");
  });
  const exitCode = await new Promise((resolve) => child.once("close", resolve));
  expect(stderr).toMatch(
    /put in all 2 records .*\nmillrace: stopped by Ctrl-C after line 2; what follows it was not put\n$/,
  );
  expect(exitCode).toBe(130);
});
