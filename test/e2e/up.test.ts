/** `millrace up` as an operator meets it: restarts, refusals, a killed parent, a clean end. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { launchCluster, temporaryDirectory, type LaunchedCluster, type TemporaryDirectory } from "@millrace/testkit";
import { millrace } from "./run-command.ts";

let directory: TemporaryDirectory;
let cluster: LaunchedCluster | undefined;

beforeEach(() => {
  directory = temporaryDirectory();
});

afterEach(async () => {
  await cluster?.stop();
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

test("a second cluster on the same data or port is refused with the reason and exit code 2", async () => {
  cluster = await launchCluster({ single: true, dataDir: directory.path });
  const sameData = await millrace(["up", "--single", "--port", "0", "--data-dir", directory.path]);
  expect(sameData).toMatchObject({ exitCode: 2 });
  expect(sameData.stderr).toMatch(/is in use by a cluster that runs already \(pid \d+\)/);
  const port = new URL(cluster.endpoint).port;
  const samePort = await millrace(["up", "--single", "--port", port, "--data-dir", join(directory.path, "other")]);
  expect(samePort).toMatchObject({ exitCode: 2 });
  expect(samePort.stderr).toContain(`port ${port} is in use`);
});

test("what is missing is said with what to do next", async () => {
  cluster = await launchCluster({ single: true, dataDir: directory.path });
  const absent = await millrace(["produce", "absent", "--endpoint", cluster.endpoint], { stdin: "a\n" });
  expect(absent).toMatchObject({ exitCode: 2 });
  expect(absent.stderr).toContain("--create");
  const nobody = await millrace(["tail", "x", "--endpoint", "http://127.0.0.1:9"]);
  expect(nobody).toMatchObject({ exitCode: 1 });
  expect(nobody.stderr).toContain("npx millrace up");
});
