/** Control operations: the coordinator answers them, in milliseconds and JSON; the codec renders its output. */
import { ServiceError, sleep } from "@millrace/base";
import {
  answerOf,
  encodeResponse,
  kinesisError,
  type DocumentProtocol,
  type OperationName,
  type OperationOutputs,
} from "@millrace/kinesis";
import { awaitConnection, callUnary, type ControlReply__Output, type ControlRequest } from "@millrace/rpc";
import type { Call, OperationContext, Outcome } from "./operation-context.ts";

type CoordinatorClient = OperationContext["coordinators"][number];

/** The overload of the generated client that takes options. */
type ControlMethod = Parameters<typeof callUnary<ControlRequest, ControlReply__Output>>[0];

/** Above the coordinator's own time for a synced write; below the read timeouts of SDKs. */
const CONTROL_TIMEOUT_MS = 5_000;
/** A coordinator that is started again serves within this: its restart is a slow answer, not an error. */
const CONNECT_TIMEOUT_MS = 5_000;
const RETRY_PAUSE_MS = 50;

/**
 * Has a coordinator that is connected, or becomes so in time, carry the operation out. What was sent is not sent again
 * after a failure, unless it only reads. `input` has passed validation.
 */
export async function forwardControl(
  context: OperationContext,
  call: Call,
  operation: OperationName,
  input: object,
): Promise<Outcome<OperationOutputs[OperationName]>> {
  const request = {
    operation,
    accountId: call.accountId,
    region: call.region,
    principalArn: call.principalArn,
    inputJson: Buffer.from(JSON.stringify(input)),
    requestId: call.requestId,
  };
  const endMs = context.clock.monotonicMs() + CONNECT_TIMEOUT_MS;
  let failure = new ServiceError("UNAVAILABLE", "no coordinator can be reached");
  for (;;) {
    const client = await firstConnected(context.coordinators, endMs - context.clock.monotonicMs());
    if (client === undefined) break;
    try {
      const control: ControlMethod = client.control.bind(client);
      const reply = await callUnary(control, request, CONTROL_TIMEOUT_MS);
      if (reply.errorType !== "") return { error: kinesisError(reply.errorType, reply.errorMessage || undefined) };
      const text = reply.outputJson.toString();
      return { ok: (text === "" ? {} : JSON.parse(text)) as OperationOutputs[OperationName] };
    } catch (error) {
      failure = ServiceError.from(error);
      if (failure.code !== "UNAVAILABLE" || !onlyReads(operation)) break;
      await sleep(context.clock, RETRY_PAUSE_MS);
    }
  }
  context.logger.warn({ requestId: call.requestId, operation, error: failure }, "no coordinator answered");
  return { error: answerOf(failure, "") };
}

/** The coordinator that is connected first, or undefined when none is within `timeoutMs`. */
function firstConnected(
  coordinators: readonly CoordinatorClient[],
  timeoutMs: number,
): Promise<CoordinatorClient | undefined> {
  if (timeoutMs <= 0) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const tries = coordinators.map(async (client) => {
      if (await awaitConnection(client, timeoutMs)) resolve(client);
    });
    void Promise.all(tries).then(() => resolve(undefined));
  });
}

function onlyReads(operation: OperationName): boolean {
  return /^(Describe|Get|List)/.test(operation);
}

/** The body of a control operation's success. */
export function controlAnswer(
  protocol: DocumentProtocol,
  operation: OperationName,
  output: OperationOutputs[OperationName],
): Buffer {
  return encodeResponse(protocol, operation, output);
}
