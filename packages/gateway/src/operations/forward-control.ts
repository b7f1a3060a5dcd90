/** Control operations: the coordinator answers them, in milliseconds and JSON; the codec renders its output. */
import { ServiceError } from "@millrace/base";
import {
  answerOf,
  encodeResponse,
  kinesisError,
  type DocumentProtocol,
  type OperationName,
  type OperationOutputs,
} from "@millrace/kinesis";
import { callUnary, type ControlReply__Output, type ControlRequest } from "@millrace/rpc";
import type { Call, OperationContext, Outcome } from "./operation-context.ts";

/** The overload of the generated client that takes options. */
type ControlMethod = Parameters<typeof callUnary<ControlRequest, ControlReply__Output>>[0];

/** Above the coordinator's own time for a synced write; below the read timeouts of SDKs. */
const CONTROL_TIMEOUT_MS = 5_000;

/** Asks one coordinator after another until one answers. `input` has passed validation. */
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
  let failure = new ServiceError("NOT_READY", "no coordinator is configured");
  for (const client of context.coordinators) {
    try {
      const control: ControlMethod = client.control.bind(client);
      const reply = await callUnary(control, request, CONTROL_TIMEOUT_MS);
      if (reply.errorType !== "") return { error: kinesisError(reply.errorType, reply.errorMessage || undefined) };
      const text = reply.outputJson.toString();
      return { ok: (text === "" ? {} : JSON.parse(text)) as OperationOutputs[OperationName] };
    } catch (error) {
      // The next coordinator may be the one in charge; the last failure becomes the answer.
      failure = ServiceError.from(error);
    }
  }
  context.logger.warn({ requestId: call.requestId, operation, error: failure }, "no coordinator answered");
  return { error: answerOf(failure, "") };
}

/** The body of a control operation's success. */
export function controlAnswer(
  protocol: DocumentProtocol,
  operation: OperationName,
  output: OperationOutputs[OperationName],
): Buffer {
  return encodeResponse(protocol, operation, output);
}
