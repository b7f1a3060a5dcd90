import type { OperationName } from "@millrace/kinesis";
import type { ControlRequest, KnownCoordinator } from "@millrace/rpc";
import { realClock } from "@millrace/runtime";
import { expect, test } from "vitest";
import { forwardControl } from "./forward-control.ts";
import type { Call, OperationContext, Outcome } from "./operation-context.ts";

type Answer = (error: Error | null, reply?: object) => void;

interface Asked {
  readonly name: string;
  readonly requestId: string | undefined;
}

/** A coordinator that notes what it is asked; one that dies does not answer. */
interface Behaviour {
  readonly name: string;
  readonly diesAsked?: boolean;
  /** Aborted while it is being connected. */
  readonly replacement?: AbortController;
}

function coordinator(asked: Asked[], { name, diesAsked, replacement }: Behaviour): KnownCoordinator {
  const client = {
    waitForReady: (_deadlineMs: number, ready: () => void) => {
      replacement?.abort();
      ready();
    },
    control: ({ requestId }: ControlRequest, _options: object, answer: Answer) => {
      asked.push({ name, requestId });
      if (diesAsked === true) return answer(Object.assign(new Error("lost"), { code: 14, details: "lost" }));
      answer(null, { errorType: "", errorMessage: "", outputJson: Buffer.from("") });
    },
  };
  const replaced = (replacement ?? new AbortController()).signal;
  return { client, replaced } as unknown as KnownCoordinator;
}

interface Forwarding {
  readonly operation?: OperationName;
  readonly protocolVersion?: number;
  readonly invocationId?: string;
}

async function forward(
  coordinators: readonly Behaviour[],
  { operation = "CreateStream", protocolVersion = 2, invocationId }: Forwarding = {},
): Promise<{ readonly asked: readonly Asked[]; readonly outcome: Outcome<unknown> }> {
  const asked: Asked[] = [];
  const known = coordinators.map((behaviour) => coordinator(asked, behaviour));
  const context = {
    clock: realClock,
    coordinator: { find: () => Promise.resolve(known.shift()), doubt: () => undefined },
    logger: { warn: () => undefined },
    map: { protocolVersion },
  } as unknown as OperationContext;
  const caller = { accountId: "1", region: "us-east-1", principalArn: "" };
  const call: Call = { ...caller, requestId: "request", invocationId, mayRepeat: false };
  return { asked, outcome: await forwardControl(context, call, operation, { StreamName: "s" }) };
}

test("a coordinator that is replaced while it is being connected is not asked, the next one is", async () => {
  const { asked, outcome } = await forward([{ name: "old", replacement: new AbortController() }, { name: "new" }]);
  expect(outcome).toEqual({ ok: {} });
  expect(asked.map(({ name }) => name)).toEqual(["new"]);
});

test("what a coordinator did not answer is asked of the next one, as the same request", async () => {
  const { asked, outcome } = await forward([{ name: "old", diesAsked: true }, { name: "new" }]);
  expect(outcome).toEqual({ ok: {} });
  expect(asked).toEqual([
    { name: "old", requestId: "request" },
    { name: "new", requestId: "request" },
  ]);
});

test("before version 2 only what reads is asked again", async () => {
  const coordinators = [{ name: "old", diesAsked: true }, { name: "new" }];
  const { asked, outcome } = await forward(coordinators, { protocolVersion: 1 });
  expect(asked.map(({ name }) => name)).toEqual(["old"]);
  expect(outcome).toMatchObject({ error: { type: "InternalFailureException" } });
  const reading = await forward(coordinators, { protocolVersion: 1, operation: "ListStreams" });
  expect(reading.outcome).toEqual({ ok: {} });
});

test("the repeats of a client are repeats of one request", async () => {
  const { asked } = await forward([{ name: "only" }], { invocationId: "invocation" });
  expect(asked).toEqual([{ name: "only", requestId: "invocation" }]);
});
