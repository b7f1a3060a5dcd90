import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { frameEndOffset } from "@millrace/model";
import { afterEach, expect, test } from "vitest";
import { openTestStore, removeTestDirectories, testDirectory } from "./testing/store-fixture.ts";

afterEach(removeTestDirectories);

const program = fileURLToPath(new URL("testing/append-until-killed.ts", import.meta.url));

/** Lets a process append until it has reported `lineCount` acknowledgements, kills it, answers the last of each shard. */
async function acknowledgedBeforeKill(directory: string, lineCount: number): Promise<Map<number, number>> {
  const child = spawn(process.execPath, ["--import", "tsx", "--conditions", "source", program, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const acknowledged = new Map<number, number>();
  let rest = "";
  let count = 0;
  for await (const chunk of child.stdout) {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [shardUid = 0, end = 0] = line.split(" ").map(Number);
      acknowledged.set(shardUid, end);
      count += 1;
    }
    if (count >= lineCount) child.kill("SIGKILL");
  }
  return acknowledged;
}

test("everything acknowledged by a killed process is there, whole and in order, kill after kill", async () => {
  const directory = await testDirectory();
  for (const lineCount of [300, 800, 50]) {
    const acknowledged = await acknowledgedBeforeKill(directory, lineCount);
    expect(acknowledged.size).toBeGreaterThan(0);
    const store = await openTestStore(directory, { tailCacheBytes: 0 });
    for (const [shardUid, end] of acknowledged) {
      const recovered = store.recovered.get(shardUid);
      expect(recovered?.damaged).toBe(false);
      expect(recovered?.logEnd).toBeGreaterThanOrEqual(end);
      // Frame and state were submitted together: one is never there without the other.
      expect(Buffer.from(recovered?.state ?? []).toString()).toBe(String(recovered?.logEnd));
      let from = 0;
      while (from < (recovered?.logEnd ?? 0)) {
        const { frames } = await store.read(shardUid, from, 100_000);
        for (const frame of frames) {
          expect(frame.header.baseOffset).toBe(from);
          expect(frame.bytes.toString("latin1", 64).startsWith(`${shardUid}/${from}/`)).toBe(true);
          from = frameEndOffset(frame.header);
        }
      }
    }
    await store.close();
  }
}, 60_000);
