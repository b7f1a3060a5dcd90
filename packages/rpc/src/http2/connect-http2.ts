/** Clients over {@link RpcConnection} with the methods gRPC's generated clients have. */
import { Metadata, type CallOptions, type requestCallback, status } from "@grpc/grpc-js";
import { services, type ServiceName } from "../load.ts";
import { callFailure } from "./call-failure.ts";
import type { ClientCall } from "./client-call.ts";
import type { Method } from "./message-codec.ts";
import { RpcConnection, type CallSettings } from "./rpc-connection.ts";

type Given = object | undefined;

/** A client of `service` at `address` (host:port). It connects when it is used. */
export function connectHttp2(service: ServiceName, address: string): object {
  const connection = new RpcConnection(address);
  const client: Record<string, unknown> = {
    close: () => connection.close(),
    waitForReady: (deadline: number, ready: (error?: Error) => void) => {
      void connection
        .ready(deadline - Date.now())
        .then((connected) => ready(connected ? undefined : new Error(`no connection to ${address}`)));
    },
  };
  for (const [name, definition] of Object.entries(services()[service].service)) {
    client[`${name.charAt(0).toLowerCase()}${name.slice(1)}`] = callerOf(connection, definition as Method);
  }
  return client;
}

function callerOf(connection: RpcConnection, method: Method): unknown {
  if (method.requestStream) return (...given: Given[]) => connection.call(method, settingsOf(given));
  if (method.responseStream) return (request: object, ...given: Given[]) => ask(connection, method, request, given);
  return (request: object, ...given: Given[]) => {
    const answer = given.pop() as requestCallback<object>;
    const call = ask(connection, method, request, given);
    let reply: object | undefined;
    call.on("data", (message) => (reply = message));
    call.on("error", (error) => answer(error));
    call.on("end", () => {
      if (reply === undefined) answer(callFailure(status.INTERNAL, "an empty answer"));
      else answer(null, reply);
    });
    return call;
  };
}

function ask(connection: RpcConnection, method: Method, request: object, given: Given[]): ClientCall {
  const call = connection.call(method, settingsOf(given));
  call.write(request);
  call.end();
  return call;
}

/** Metadata and options, each given or not, in this order. */
function settingsOf(given: readonly Given[]): CallSettings {
  const metadata = given.find((one) => one instanceof Metadata);
  const options = given.find((one): one is CallOptions => one !== undefined && one !== metadata);
  const timeoutMs = options?.deadline === undefined ? undefined : Number(options.deadline) - Date.now();
  return { timeoutMs, ...(metadata && { metadata: metadata.toHttp2Headers() as Record<string, string> }) };
}
