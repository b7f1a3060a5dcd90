/** The examples as users run them: workers are killed and restarted, a shard is split, and the counters are those of the file. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { launchCluster, temporaryDirectory, type LaunchedCluster } from "@millrace/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { redisAbsent, startRedis, type RedisServer } from "../../packages/worker/src/redis/testing/redis-server.ts";
import { isInstalled, millrace, repository, run } from "./run-command.ts";

const LINES = 4_000;
const directory = temporaryDirectory();
const file = join(directory.path, "access.log");
let cluster: LaunchedCluster | undefined;
let redis: RedisServer | undefined;

beforeAll(async () => {
  if (redisAbsent !== undefined) return;
  redis = await startRedis();
  cluster = await launchCluster({ single: true });
  const log = await millrace(["sample", "access-log", "--lines", String(LINES)]);
  writeFileSync(file, log.stdout);
});

afterAll(async () => {
  await cluster?.stop();
  await redis?.[Symbol.asyncDispose]();
  directory.remove();
});

async function demo(workers: string): Promise<void> {
  const options = {
    "--file": file,
    "--stream": `visits-${workers}`,
    "--workers": workers,
    "--endpoint": cluster?.endpoint ?? "",
    "--redis": redis?.url ?? "",
  };
  const script = join(repository, "examples/access-log/demo.js");
  const { exitCode, stdout, stderr } = await run(process.execPath, [script, ...Object.entries(options).flat()]);
  const text = stdout.toString();
  expect({ exitCode, text, stderr: exitCode === 0 ? "" : stderr }).toMatchObject({ exitCode: 0, stderr: "" });
  for (const step of ["killed worker", "split shardId-", "restarted all workers", `${LINES} lines put`]) {
    expect(text).toContain(step);
  }
  expect(text).toContain(`exact: ${LINES} lines in`);
}

test.skipIf(redisAbsent !== undefined)("workers in JavaScript count every line exactly once", () => demo("javascript"));

test.skipIf(redisAbsent !== undefined || !isInstalled("python3", ["--version"]))(
  "workers in Python, fed by `millrace worker exec`, count every line exactly once",
  () => demo("python"),
);
