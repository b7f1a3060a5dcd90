/** The examples as users run them: workers are killed and restarted, a shard is split, and the counters are those of the file. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { launchCluster, temporaryDirectory, type LaunchedCluster } from "@millrace/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { redisAbsent, startRedis, type RedisServer } from "../../packages/worker/src/redis/testing/redis-server.ts";
import { isInstalled, millrace, repository, run } from "./run-command.ts";
import { createStream, testClient } from "./stream-reader.ts";

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

test.skipIf(redisAbsent !== undefined)("files hold each record once, whatever is killed when", async () => {
  const [endpoint, target] = [cluster?.endpoint ?? "", redis?.url ?? ""];
  const out = join(directory.path, "out");
  const examples = join(repository, "examples");
  const client = testClient(endpoint);
  await createStream(client, "filed", 2);
  client.destroy();
  const common = ["--stream", "filed", "--endpoint", endpoint];
  const work = (): ChildProcess =>
    spawn(
      process.execPath,
      [join(examples, "exactly-once-files/write-files.js"), ...common, "--redis", target, "--directory", out],
      { stdio: "ignore" },
    );
  const workers = [work(), work()];
  const put = run(process.execPath, [
    join(examples, "access-log/produce.js"),
    ...common,
    "--file",
    file,
    "--rate",
    "800",
  ]);
  const written = (): string[] => {
    const names = existsSync(out) ? readdirSync(out).filter((name) => !name.startsWith(".")) : [];
    return names.flatMap((name) => readFileSync(join(out, name), "utf8").split("\n").slice(0, -1));
  };
  for (const share of [0.1, 0.3, 0.5, 0.7]) {
    await expect.poll(() => written().length, { timeout: 60_000 }).toBeGreaterThan(LINES * share);
    workers.shift()?.kill("SIGKILL");
    workers.push(work());
  }
  expect((await put).exitCode).toBe(0);
  await expect.poll(() => written().length, { timeout: 60_000 }).toBeGreaterThanOrEqual(LINES);
  await Promise.all(workers.map((each) => (each.kill("SIGTERM"), once(each, "exit"))));
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  expect(written().toSorted()).toEqual(lines.toSorted());
});
