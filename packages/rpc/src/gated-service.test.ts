import type { EventEmitter } from "node:events";
import { ServiceError } from "@millrace/base";
import { expect, test } from "vitest";
import { callUnary, fromGrpcError } from "./call.ts";
import { coordinatorClient } from "./client.ts";
import { GatedService } from "./gated-service.ts";
import type { FindActiveReply__Output } from "./generated/millrace/v1/FindActiveReply.ts";
import type { FindActiveRequest } from "./generated/millrace/v1/FindActiveRequest.ts";
import type { RegisterReply__Output } from "./generated/millrace/v1/RegisterReply.ts";
import type { RegisterRequest } from "./generated/millrace/v1/RegisterRequest.ts";
import { serveRpc } from "./server.ts";

test("refuses while there are no handlers, and ends open streams when they go", async () => {
  const standby = new ServiceError("NOT_READY", "standing by");
  let current: Record<string, never> | ServiceError = standby;
  const gate = new GatedService("Coordinator", () => current, {
    FindActive: (_call: unknown, callback: (error: null, value: object) => void) => callback(null, { active: false }),
  });
  await using server = await serveRpc("127.0.0.1", 0, { Coordinator: gate.implementation });
  const client = coordinatorClient(`127.0.0.1:${server.port}`);
  const register = (): Promise<RegisterReply__Output> =>
    callUnary<RegisterRequest, RegisterReply__Output>((r, o, done) => client.register(r, o, done), {}, 5_000);
  const outcome = (stream: EventEmitter): Promise<unknown> =>
    new Promise((resolve) => {
      stream.on("error", (error: Parameters<typeof fromGrpcError>[0]) => resolve(fromGrpcError(error)));
      stream.on("end", () => resolve("ended"));
      stream.on("data", () => undefined);
    });
  try {
    await expect(register()).rejects.toMatchObject({ code: "NOT_READY" });
    expect(await outcome(client.watchMap({}))).toMatchObject({ code: "NOT_READY" });
    expect(await outcome(client.heartbeat())).toMatchObject({ code: "NOT_READY" });
    const found = await callUnary<FindActiveRequest, FindActiveReply__Output>(
      (r, o, done) => client.findActive(r, o, done),
      {},
      5_000,
    );
    expect(found.active).toBe(false);
    let opened = 0;
    const open = (): void => void (opened += 1);
    const answer = (_call: never, callback: (error: null, value: object) => void): void => callback(null, {});
    current = { Register: answer, WatchMap: open, Heartbeat: open } as unknown as Record<string, never>;
    expect(await register()).toMatchObject({ accepted: false });
    const streams = [outcome(client.watchMap({})), outcome(client.heartbeat())];
    await expect.poll(() => opened).toBe(2);
    current = standby;
    gate.endStreams(standby);
    expect(await Promise.all(streams)).toMatchObject([{ code: "NOT_READY" }, { code: "NOT_READY" }]);
  } finally {
    client.close();
  }
});
