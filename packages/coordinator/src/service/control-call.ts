/** One control operation: look it up, pace it, compute it once on the single writer, answer after its changes are durable. */
import { ServiceError, type Clock, type Random } from "@millrace/base";
import type { ControlReply, ControlRequest__Output } from "@millrace/rpc";
import type { ControlContext, ControlLimits, ControlOperation, ControlOutcome } from "../control/control-operation.ts";
import { controlOperations } from "../control/operations.ts";
import { decideOnce, storedReply } from "../control/repeated-request.ts";
import type { ControlRate } from "./control-rate.ts";
import type { StateWriter } from "./state-writer.ts";

/** What calls need. `rate` is undefined when limits are off. */
export interface ControlParts {
  readonly writer: StateWriter;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: ControlLimits;
  readonly rate: ControlRate | undefined;
}

/** Answers a request. Rejects with USAGE (unknown operation, unreadable input), OVERLOADED, UNAVAILABLE or INTERNAL. */
export async function answerControl(parts: ControlParts, request: ControlRequest__Output): Promise<ControlReply> {
  const operation = controlOperations.get(request.operation);
  if (operation === undefined) throw new ServiceError("USAGE", `there is no control operation ${request.operation}`);
  const input = parseInput(request.inputJson);
  const refused = paceRefusal(parts, request, input);
  if (refused !== undefined) return refused;
  const outcome = await parts.writer.submit("client", (state) => {
    const context = contextOf(parts, request);
    const decided = decideOnce(state, request, context.nowMs, () => run(operation, state, input, context));
    return { changes: "error" in decided ? [] : decided.changes, result: decided };
  });
  if ("error" in outcome) return errorReply(outcome.error.type, outcome.error.message);
  const outputJson = outcome.output === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(outcome.output));
  return { outputJson, errorType: "", errorMessage: "" };
}

/** The gateway has validated the input against the operation's model; that is what makes this call well typed. */
function run(
  operation: ControlOperation,
  state: StateWriter["tables"],
  input: Readonly<Record<string, unknown>>,
  context: ControlContext,
): ControlOutcome {
  return operation(state, input as never, context);
}

function contextOf(parts: ControlParts, request: ControlRequest__Output): ControlContext {
  return {
    accountId: request.accountId,
    region: request.region,
    principalArn: request.principalArn,
    nowMs: parts.clock.nowMs(),
    random: parts.random,
    limits: parts.limits,
    tokenKey: Buffer.from(parts.writer.tables.cluster.tokenKey, "hex"),
  };
}

function paceRefusal(
  { rate, writer, clock }: ControlParts,
  request: ControlRequest__Output,
  input: Readonly<Record<string, unknown>>,
): ControlReply | undefined {
  // What is known already costs nothing: a client that repeats itself is not told to slow down.
  if (rate === undefined || storedReply(writer.tables, request, clock.nowMs()) !== undefined) return undefined;
  const { operation, accountId, region } = request;
  const stream = streamNameOf(input);
  if (rate.take(operation, `${accountId}/${region}`, stream)) return undefined;
  const subject = stream === "" ? "" : `stream ${stream} under `;
  return errorReply("LimitExceededException", `Rate exceeded for ${subject}account ${accountId}.`);
}

/** The stream an input names, by name or ARN (`…:stream/<name>…`); empty when it names none. */
function streamNameOf(input: Readonly<Record<string, unknown>>): string {
  const name = input["StreamName"];
  if (typeof name === "string") return name;
  const arn = input["StreamARN"] ?? input["ConsumerARN"];
  return typeof arn === "string" ? (arn.split("stream/")[1]?.split("/")[0] ?? "") : "";
}

/** The JSON object in a call's input; an empty one when there is none. Errors: USAGE. */
export function parseInput(inputJson: Buffer): Readonly<Record<string, unknown>> {
  try {
    const input: unknown = inputJson.length === 0 ? {} : JSON.parse(inputJson.toString());
    if (typeof input === "object" && input !== null && !Array.isArray(input)) return { ...input };
  } catch (error) {
    throw new ServiceError("USAGE", "the input of a control operation is not JSON", { cause: error });
  }
  throw new ServiceError("USAGE", "the input of a control operation is not an object");
}

function errorReply(errorType: string, errorMessage: string): ControlReply {
  return { outputJson: Buffer.alloc(0), errorType, errorMessage };
}
