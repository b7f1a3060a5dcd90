import type { Clock } from "@millrace/base";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ActiveCoordinator } from "./active-coordinator.ts";
import { callUnary } from "./call.ts";
import type { ControlReply__Output } from "./generated/millrace/v1/ControlReply.ts";
import type { ControlRequest } from "./generated/millrace/v1/ControlRequest.ts";
import { serveRpc } from "./server.ts";
import type { RpcServer } from "./transport.ts";

const clock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};

/** A coordinator that says of itself what the test wants. */
class Fake {
  answer: "active" | "standby" | "hang" | "unknown method" = "standby";
  term = 0;
  readonly name: string;
  server: RpcServer | undefined;

  constructor(name: string) {
    this.name = name;
  }

  async listen(port = 0): Promise<void> {
    type Callback = (error: object | null, value?: object) => void;
    this.server = await serveRpc("127.0.0.1", port, {
      Coordinator: {
        FindActive: (_call: unknown, callback: Callback) => {
          if (this.answer === "hang") return;
          if (this.answer === "unknown method") callback({ code: 12, details: "unimplemented" });
          else callback(null, { active: this.answer === "active", coordinatorTerm: this.term });
        },
        Control: (_call: unknown, callback: Callback) => callback(null, { errorType: this.name }),
      },
    });
  }

  get address(): string {
    return `127.0.0.1:${this.server?.port ?? 0}`;
  }
}

let fakes: Fake[] = [];
let search: ActiveCoordinator | undefined;
beforeEach(async () => {
  fakes = ["a", "b", "c"].map((name) => new Fake(name));
  for (const fake of fakes) await fake.listen();
});
afterEach(async () => {
  search?.close();
  for (const fake of fakes) await fake.server?.close(0);
});
const [TIMEOUT_MS, SOON_MS] = [10_000, 300];
const start = (addresses = fakes.map((fake) => fake.address)): ActiveCoordinator =>
  (search = new ActiveCoordinator(addresses, clock));
const set = (index: number, answer: Fake["answer"], term = 0): void => {
  const fake = fakes[index];
  if (fake !== undefined) Object.assign(fake, { answer, term });
};
/** The name of the one that is found. */
const found = async (coordinators: ActiveCoordinator): Promise<string> => {
  const known = await coordinators.find(TIMEOUT_MS);
  if (known === undefined) return "nobody";
  const { client } = known;
  const reply = await callUnary<ControlRequest, ControlReply__Output>(
    (request, options, done) => client.control(request, options, done),
    {},
    TIMEOUT_MS,
  );
  return reply.errorType;
};

test("finds the elected one, also when it is elected later", async () => {
  const coordinators = start();
  expect(await coordinators.find(SOON_MS)).toBeUndefined();
  set(1, "active", 4);
  expect(await found(coordinators)).toBe("b");
});

test("leaves one that hangs as soon as another is elected after it", async () => {
  set(0, "active", 4);
  const coordinators = start();
  expect(await found(coordinators)).toBe("a");
  const known = await coordinators.find(TIMEOUT_MS);
  set(0, "hang");
  set(2, "active", 5);
  await expect.poll(() => known?.replaced.aborted, { timeout: TIMEOUT_MS }).toBe(true);
  expect(await found(coordinators)).toBe("c");
});

test("does not go back to one whose term is over, whatever it says", async () => {
  set(0, "active", 4);
  set(1, "active", 5);
  const coordinators = start();
  await expect.poll(() => found(coordinators), { timeout: TIMEOUT_MS }).toBe("b");
  const known = await coordinators.find(TIMEOUT_MS);
  if (known !== undefined) coordinators.doubt(known);
  expect(await found(coordinators)).toBe("b");
  expect(known?.replaced.aborted).toBe(false);
});

test("a doubted one counts again when it says that it is elected, also after its restart", async () => {
  set(0, "active", 4);
  const address = fakes[0]?.address ?? "";
  const coordinators = start([address]);
  const known = await coordinators.find(TIMEOUT_MS);
  const port = fakes[0]?.server?.port ?? 0;
  await fakes[0]?.server?.close(0);
  if (known !== undefined) coordinators.doubt(known);
  expect(await coordinators.find(SOON_MS)).toBeUndefined();
  await fakes[0]?.listen(port);
  set(0, "active", 5);
  expect(await found(coordinators)).toBe("a");
});

test("one of a version that does not know the question is taken for the only one", async () => {
  set(2, "unknown method");
  expect(await found(start([fakes[2]?.address ?? ""]))).toBe("c");
});

test("ends waiting when it is told to", async () => {
  const abort = new AbortController();
  const waiting = start().find(TIMEOUT_MS, abort.signal);
  abort.abort();
  expect(await waiting).toBeUndefined();
});
