/** Commands that answer, fail, die, hang and print, against the handler that feeds them. */
import { realClock, type Clock } from "@millrace/base";
import { afterEach, expect, test } from "vitest";
import type { BatchContext, ConsumedRecord } from "../handler/handler.ts";
import { execHandler, type ExecHandler } from "./exec-handler.ts";

/** A command in JavaScript: `answer` gets each message and `say`. */
function command(answer: string): { command: string; args: string[] } {
  const script = `
    const say = (message) => process.stdout.write(JSON.stringify(message) + "\\n");
    const answer = ${answer};
    require("readline").createInterface({ input: process.stdin }).on("line", (line) => answer(JSON.parse(line)));`;
  return { command: process.execPath, args: ["-e", script] };
}

const record = (text: string): ConsumedRecord => ({
  data: Buffer.from(text),
  partitionKey: "k",
  sequenceNumber: "1",
  subSequenceNumber: 0,
  arrivalMs: 5,
});

let handler: ExecHandler | undefined;
afterEach(() => handler?.close());

function context(signal: AbortSignal = new AbortController().signal, handled: number[] = []): BatchContext {
  return {
    stream: "s",
    shardId: "shardId-000000000000",
    fencingToken: 7,
    signal,
    prepared: undefined,
    attempt: 1,
    millisBehindLatest: 0,
    handled: (count) => handled.push(count),
    prepare: () => Promise.resolve(),
  };
}

test("records go in, progress and the end come out, prints are passed on", async () => {
  const prints: string[] = [];
  handler = execHandler({
    ...command(`(m) => {
      if (m.type !== "records") return m.id && say({ type: "done", id: m.id });
      process.stdout.write(["seen", Buffer.from(m.records[1].data, "base64").toString(), m.fencingToken, m.shardId].join(" ") + "\\n");
      say({ type: "handled", id: m.id, count: 1 });
      say({ type: "done", id: m.id });
    }`),
    events: { onPrint: (line) => prints.push(line) },
  });
  const handled: number[] = [];
  await handler.started?.(context());
  await handler.batch([record("a"), record("bé")], context(undefined, handled));
  expect(handled).toEqual([1]);
  expect(prints).toEqual(["seen bé 7 shardId-000000000000"]);
});

test("a failure names its record; a death fails what was asked, and the command comes back", async () => {
  const exits: string[] = [];
  handler = execHandler({
    ...command(`(m) => {
      if (m.type !== "records") return;
      const text = Buffer.from(m.records[0].data, "base64").toString();
      if (text === "die") process.exit(3);
      if (text === "bad") return say({ type: "failed", id: m.id, message: "no good", failedIndex: 0 });
      say({ type: "done", id: m.id });
    }`),
    events: { onExit: (why) => exits.push(why) },
  });
  await expect(handler.batch([record("bad")], context())).rejects.toMatchObject({ failedIndex: 0, message: "no good" });
  await expect(handler.batch([record("die")], context())).rejects.toThrow(/exit code 3/);
  await handler.batch([record("good")], context());
  expect(exits).toEqual(["exit code 3"]);
});

test("a command that does not react to a cancel is ended, and started again", async () => {
  const starts: number[] = [];
  handler = execHandler({
    ...command(`(m) => { if (m.type === "records" && m.records.length === 2) say({ type: "done", id: m.id }); }`),
    graceMs: 50,
    events: { onStart: (pid) => starts.push(pid) },
  });
  const cut = new AbortController();
  const hanging = handler.batch([record("x")], context(cut.signal));
  realClock.schedule(50, () => cut.abort());
  await expect(hanging).rejects.toThrow(/SIGKILL/);
  await handler.batch([record("x"), record("y")], context());
  expect(starts).toHaveLength(2);
});

test("nothing that keeps the process alive is left after the end, whatever was cancelled before", async () => {
  const waits = new Set<object>();
  const clock: Clock = {
    ...realClock,
    schedule(delayMs, callback) {
      const timer = realClock.schedule(delayMs, () => (waits.delete(timer), callback()));
      waits.add(timer);
      return { cancel: () => (waits.delete(timer), timer.cancel()) };
    },
  };
  handler = execHandler({
    ...command(`(m) => m.type === "cancel" && say({ type: "failed", id: m.id, message: "given up" })`),
    graceMs: 600_000,
    clock,
  });
  const cut = new AbortController();
  const cancelled = handler.batch([record("x")], context(cut.signal));
  realClock.schedule(50, () => cut.abort());
  await expect(cancelled).rejects.toThrow(/given up/);
  await handler.close();
  expect(waits.size).toBe(0);
});

test("many shards may wait for a command that is slow to read", async () => {
  const warnings: string[] = [];
  const heard = (warning: Error): unknown => warnings.push(warning.name);
  process.on("warning", heard);
  handler = execHandler(command(`(m) => m.id && say({ type: "done", id: m.id })`));
  const slow = handler;
  const large = record("x".repeat(200_000));
  await Promise.all(Array.from({ length: 12 }, async () => await slow.batch([large], context())));
  process.off("warning", heard);
  expect(warnings).toEqual([]);
});

test("what cannot be started is a mistake of who asked for it", async () => {
  handler = execHandler({ command: "/nonexistent/command", args: [] });
  await expect(handler.start()).rejects.toMatchObject({
    code: "USAGE",
    message: expect.stringMatching(/^USAGE: .*command cannot be started: there is no such file .*; name a program/),
  });
});
