/**
 * The main job: a log file goes in line by line, every line comes out byte for byte and in order per key, also when any
 * one storage node is killed in the middle.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchCluster, type LaunchedCluster } from "@millrace/testkit";
import { millrace, repository, run } from "./run-command.ts";

const REAL_LOG = join(repository, "../shared/data/apache_access.log");
const KEY = /^(\S+)/;
let cluster: LaunchedCluster;
let file: string;

beforeAll(async () => {
  cluster = await launchCluster({ nodes: 3, limits: "off" });
  if (existsSync(REAL_LOG)) file = REAL_LOG;
  else {
    file = join(mkdtempSync(join(tmpdir(), "millrace-log-")), "access.log");
    writeFileSync(file, (await millrace(["sample", "access-log", "--lines", "10000"])).stdout);
  }
});

afterAll(async () => {
  await cluster.stop();
});

function byKey(lines: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const line of lines) {
    const key = KEY.exec(line)?.[1] ?? "";
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [line]);
    else group.push(line);
  }
  return groups;
}

function linesOf(bytes: Buffer): string[] {
  const lines = bytes.toString("latin1").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

async function createStream(name: string): Promise<void> {
  const aws = ["--endpoint-url", cluster.endpoint, "kinesis"];
  const created = await run("aws", [...aws, "create-stream", "--stream-name", name, "--shard-count", "4"]);
  expect(created.stderr).toBe("");
  await run("aws", [...aws, "wait", "stream-exists", "--stream-name", name]);
}

/** `disturb` is called once, when the first records are acknowledged and most are still to come. */
async function produceAndTail(stream: string, disturb: () => void): Promise<void> {
  const input = linesOf(readFileSync(file));
  let disturbed = false;
  const onStderr = (text: string): void => {
    if (disturbed || !text.includes("records/s")) return;
    disturbed = true;
    disturb();
  };
  const produced = await millrace(
    ["produce", stream, "--file", file, "--key-regex", "^(\\S+)", "--endpoint", cluster.endpoint],
    { onStderr },
  );
  expect(disturbed).toBe(true);
  expect({ exitCode: produced.exitCode, stderr: produced.exitCode === 0 ? "" : produced.stderr }).toEqual({
    exitCode: 0,
    stderr: "",
  });
  const tailed = await millrace([
    "tail",
    stream,
    "--from",
    "trim-horizon",
    "--count",
    String(input.length),
    "--endpoint",
    cluster.endpoint,
  ]);
  expect(tailed.exitCode).toBe(0);
  const output = linesOf(tailed.stdout);
  expect(output.length).toBe(input.length);
  expect(byKey(output)).toEqual(byKey(input));
}

test("every line of the log comes back byte for byte, in order per key", async () => {
  await createStream("access-log");
  await produceAndTail("access-log", () => undefined);
});

for (const victim of [0, 1, 2]) {
  test(`also when storage node ${victim + 1} of 3 is killed in the middle`, async () => {
    const stream = `access-log-${victim}`;
    await createStream(stream);
    const node = cluster.processes().filter((process) => process.role === "storage-node")[victim];
    await produceAndTail(stream, () => cluster.kill(node?.id ?? "", "SIGKILL"));
    await cluster.waitHealthy();
  });
}
