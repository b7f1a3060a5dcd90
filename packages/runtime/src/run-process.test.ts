/** Real child processes: exit codes, the ready message, signals. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const directory = mkdtempSync(join(tmpdir(), "millrace-run-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** Runs `body` as the start function of a gateway process, from source. */
function run(body: string, argv: readonly string[] = []): ChildProcess {
  const program = join(directory, `${Math.random()}.mts`);
  const source = JSON.stringify(join(import.meta.dirname, "run-process.ts"));
  writeFileSync(
    program,
    `import { runProcess } from ${source};\nawait runProcess("gateway", async () => { ${body} });\n`,
  );
  return spawn(process.execPath, ["--conditions=source", "--import", "tsx", program, ...argv], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    cwd: import.meta.dirname,
  });
}

const SERVING = `const hold = setInterval(() => {}, 1000);
  return { ready: { endpoint: "e", adminEndpoint: "a" }, close: async () => { clearInterval(hold); } };`;

function exitOf(child: ChildProcess): Promise<{ code: number | null; stderr: string }> {
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stderr })));
}

function readyOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => child.once("message", resolve));
}

test("it tells its parent that it is ready, and SIGTERM closes it with exit code 0", async () => {
  const child = run(SERVING);
  const exit = exitOf(child);
  expect(await readyOf(child)).toEqual({
    type: "ready",
    role: "gateway",
    pid: child.pid,
    endpoint: "e",
    adminEndpoint: "a",
  });
  child.kill("SIGTERM");
  expect((await exit).code).toBe(0);
}, 30_000);

test("wrong flags end it with 2, a failing start and a stray rejection with 1, each with its reason in the log", async () => {
  const [usage, failed, stray] = await Promise.all([
    exitOf(run(SERVING, ["--nope", "1"])),
    exitOf(run("throw new Error('no disk');")),
    exitOf(run(`void Promise.reject(new Error("stray")); ${SERVING}`)),
  ]);
  expect([usage.code, failed.code, stray.code]).toEqual([2, 1, 1]);
  expect(usage.stderr).toContain("--nope");
  expect(failed.stderr).toContain("no disk");
  expect(stray.stderr).toContain("stray");
}, 30_000);
