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
import {
  awaitConnection,
  callUnary,
  type ControlReply__Output,
  type ControlRequest,
  type KnownCoordinator,
} from "@millrace/rpc";
import type { Call, OperationContext, Outcome } from "./operation-context.ts";

/** The overload of the generated client that takes options. */
type ControlMethod = Parameters<typeof callUnary<ControlRequest, ControlReply__Output>>[0];

/** Above the coordinator's own time for a synced write; below the read timeouts of SDKs. */
const CONTROL_TIMEOUT_MS = 5_000;
/**
 * A coordinator that is started again serves within this, and so does the next one after the loss of the active: either is a
 * slow answer, not an error.
 */
const FIND_TIMEOUT_MS = 8_000;
/** One that is known has been connected; when that takes longer now, it is looked for anew. */
const CONNECT_TIMEOUT_MS = 500;
const RETRY_PAUSE_MS = 50;
/** From this version on coordinators give a repeated request the answer of the first. */
const REPEATS_SINCE_VERSION = 2;

/**
 * Has the elected coordinator carry the operation out, or the one that is elected in time, to which it is sent again under the
 * same id. `input` has passed validation.
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
    // The client's own repeats, which may come to another gateway, are repeats of the same request.
    requestId: call.invocationId ?? call.requestId,
  };
  const { clock, coordinator, map } = context;
  const mayRepeat = onlyReads(operation) || map.protocolVersion >= REPEATS_SINCE_VERSION;
  const endMs = clock.monotonicMs() + FIND_TIMEOUT_MS;
  let failure = new ServiceError("UNAVAILABLE", "no coordinator can be reached");
  for (let leftMs = FIND_TIMEOUT_MS; leftMs > 0; leftMs = endMs - clock.monotonicMs()) {
    const known = await coordinator.find(leftMs);
    if (known === undefined) break;
    if (await awaitConnection(known.client, Math.min(leftMs, CONNECT_TIMEOUT_MS))) {
      try {
        const reply = await untilReplaced(known, () => send(known, request));
        if (reply.errorType !== "") return { error: kinesisError(reply.errorType, reply.errorMessage || undefined) };
        const text = reply.outputJson.toString();
        return { ok: (text === "" ? {} : JSON.parse(text)) as OperationOutputs[OperationName] };
      } catch (error) {
        failure = ServiceError.from(error);
        const again = failure.code === "NOT_READY" || (failure.code === "UNAVAILABLE" && mayRepeat);
        if (!again) break;
      }
    }
    coordinator.doubt(known);
    await sleep(clock, RETRY_PAUSE_MS);
  }
  context.logger.warn({ requestId: call.requestId, operation, error: failure }, "no coordinator answered");
  return { error: answerOf(failure, "") };
}

function send({ client }: KnownCoordinator, request: ControlRequest): Promise<ControlReply__Output> {
  const control: ControlMethod = client.control.bind(client);
  return callUnary(control, request, CONTROL_TIMEOUT_MS);
}

/**
 * The answer to `ask`, or UNAVAILABLE as soon as another coordinator is elected: a hung one will not answer any more. NOT_READY
 * when that has happened before anything was asked.
 */
function untilReplaced<T>({ replaced }: KnownCoordinator, ask: () => Promise<T>): Promise<T> {
  if (replaced.aborted) return Promise.reject(new ServiceError("NOT_READY", "another coordinator was elected"));
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new ServiceError("UNAVAILABLE", "another coordinator was elected"));
    replaced.addEventListener("abort", giveUp, { once: true });
    ask()
      .then(resolve, reject)
      .finally(() => replaced.removeEventListener("abort", giveUp));
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
