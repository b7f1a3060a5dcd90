import { ServiceError } from "@millrace/base";
import type { KnownCoordinator } from "@millrace/rpc";
import { realClock } from "@millrace/runtime";
import { expect, test } from "vitest";
import { forwardControl } from "./forward-control.ts";
import type { Call, OperationContext } from "./operation-context.ts";

type Answer = (error: Error | null, reply?: object) => void;

/** A coordinator that counts what it is asked, and is replaced while it is being connected when told. */
function coordinator(asked: string[], name: string, replacement?: AbortController): KnownCoordinator {
  const client = {
    waitForReady: (_deadlineMs: number, ready: () => void) => {
      replacement?.abort();
      ready();
    },
    control: (_request: object, _options: object, answer: Answer) => {
      asked.push(name);
      if (replacement !== undefined) return answer(new ServiceError("UNAVAILABLE", "it is not the elected one"));
      answer(null, { errorType: "", errorMessage: "", outputJson: Buffer.from("") });
    },
  };
  const replaced = (replacement ?? new AbortController()).signal;
  return { client, replaced } as unknown as KnownCoordinator;
}

test("a coordinator that is replaced while it is being connected is not asked, the next one is", async () => {
  const asked: string[] = [];
  const known = [coordinator(asked, "old", new AbortController()), coordinator(asked, "new")];
  const context = {
    clock: realClock,
    coordinator: { find: () => Promise.resolve(known.shift()), doubt: () => undefined },
    logger: { warn: () => undefined },
  } as unknown as OperationContext;
  const call = { accountId: "1", region: "us-east-1", principalArn: "", requestId: "r" } as Call;
  expect(await forwardControl(context, call, "CreateStream", { StreamName: "s" })).toEqual({ ok: {} });
  expect(asked).toEqual(["new"]);
});
