/** Requests of clients to gateways: over the simulated network, to the handler that a real port would call. */
import { sleep } from "@millrace/base";
import type { HttpRequest, RequestHandler } from "@millrace/gateway";
import type { SimulatedNetwork } from "./simulated-network.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import type { Simulation } from "./simulation.ts";
import { SimulatedStream } from "./simulated-stream.ts";

/** The read timeout of the client. */
const TIMEOUT_MS = 15_000;

/** What a client gets: an answer, or nothing it could know the outcome from. */
export type HttpOutcome =
  | { readonly status: number; readonly body: Buffer; readonly stream?: SimulatedStream }
  | "lost";

/** A port that clients can reach. */
export interface HttpEndpoint {
  readonly host: string;
  readonly process: SimulatedProcess;
  readonly handler: RequestHandler;
}

/** One operation of the Kinesis API. `invocationId` is what SDKs keep over the retries of one call, `attempt` counts them from 1. */
export interface ApiRequest {
  readonly operation: string;
  readonly input: object;
  readonly requestId: string;
  readonly invocationId: string;
  readonly attempt: number;
}

/** Sends `request` from `client` to whoever listens at `find()` when it arrives. */
export async function sendRequest(
  world: { readonly simulation: Simulation; readonly network: SimulatedNetwork },
  client: { readonly host: string; readonly process: SimulatedProcess },
  server: { readonly host: string; readonly find: () => HttpEndpoint | undefined },
  request: ApiRequest,
): Promise<HttpOutcome> {
  const { simulation, network } = world;
  let gaveUp = false;
  const answered = new Promise<HttpOutcome>((resolve) => {
    const toClient = (outcome: HttpOutcome): void => {
      if (network.isCut(server.host, client.host)) return;
      simulation.after(network.delayMs(server.host, client.host), client.process, () => {
        if (gaveUp && outcome !== "lost") outcome.stream?.close();
        resolve(outcome);
      });
    };
    if (network.isCut(client.host, server.host)) return;
    simulation.after(network.delayMs(client.host, server.host), undefined, () => {
      const endpoint = server.find();
      if (endpoint === undefined) return toClient("lost");
      endpoint.process.onDeath(() => toClient("lost"));
      simulation.after(0, endpoint.process, () => {
        const http = httpRequest(request, endpoint.process.clock.monotonicMs());
        endpoint.handler(http).then(
          (reply) => {
            if ("body" in reply) return toClient({ status: reply.status, body: reply.body });
            const stream = new SimulatedStream(world, endpoint, client);
            reply.start(stream);
            toClient({ status: reply.status, body: Buffer.alloc(0), stream });
          },
          (error: unknown) => simulation.violate(error),
        );
      });
    });
  });
  const timedOut = sleep(client.process.clock, TIMEOUT_MS).then((): HttpOutcome => {
    gaveUp = true;
    return "lost";
  });
  return Promise.race([answered, timedOut]);
}

function httpRequest(request: ApiRequest, receivedMs: number): HttpRequest {
  return {
    requestId: request.requestId,
    method: "POST",
    target: "/",
    rawHeaders: [
      "content-type",
      "application/x-amz-json-1.1",
      "x-amz-target",
      `Kinesis_20131202.${request.operation}`,
      "amz-sdk-invocation-id",
      request.invocationId,
      "amz-sdk-request",
      `attempt=${request.attempt}; max=3`,
      "authorization",
      "AWS4-HMAC-SHA256 Credential=sim/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0",
      "x-amz-date",
      "20260101T000000Z",
    ],
    body: Buffer.from(JSON.stringify(request.input)),
    receivedMs,
  };
}
