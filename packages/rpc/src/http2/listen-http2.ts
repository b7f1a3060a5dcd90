/** A gRPC server over node:http2, which any gRPC client can call. Handlers are those of `@grpc/grpc-js`. */
import { createServer, type Http2Session, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { status } from "@grpc/grpc-js";
import { assert, ServiceError } from "@millrace/base";
import { services, type ServiceName } from "../load.ts";
import { PROTOCOL_HEADER, protocolRefusal, rangeOfHeader } from "../protocol-version.ts";
import type { GrpcStatus } from "../to-grpc-error.ts";
import type { RpcServer, ServiceImplementations } from "../transport.ts";
import { serverCodec, type Method } from "./message-codec.ts";
import { refuseCall, ServerCall } from "./server-call.ts";
import { careFor, SESSION_MEMORY_MIB, sessionSettings } from "./session-care.ts";

type Handler = (call: ServerCall, callback?: (error: GrpcStatus | null, reply?: object) => void) => void;

interface Served {
  readonly method: Method;
  readonly handler: Handler;
}

/** Listens on `host:port` (0 picks a free port) with the given services. Fails with USAGE when the address is taken. */
export async function listenHttp2(
  host: string,
  port: number,
  implementations: ServiceImplementations,
): Promise<RpcServer> {
  const served = servedMethods(implementations);
  const server = createServer({ settings: sessionSettings, maxSessionMemory: SESSION_MEMORY_MIB });
  const sessions = new Set<Http2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    session.on("error", () => undefined);
    if ("setNoDelay" in session.socket) session.socket.setNoDelay(true);
    careFor(session);
  });
  server.on("sessionError", () => undefined);
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => serve(stream, headers, served));
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => {
      reject(new ServiceError("USAGE", `cannot listen on ${host}:${port}: ${error.message}`, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
  const bound = server.address() as AddressInfo | null;
  assert(bound !== null, "a listening server has an address");
  let closing: Promise<void> | undefined;
  const close = (graceMs = 500): Promise<void> => {
    closing ??= new Promise((resolve) => {
      const timer = setTimeout(() => sessions.forEach((session) => session.destroy()), graceMs);
      sessions.forEach((session) => session.close());
      server.close(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    return closing;
  };
  return { port: bound.port, close, [Symbol.asyncDispose]: () => close() };
}

/** Methods by their path. */
function servedMethods(implementations: ServiceImplementations): ReadonlyMap<string, Served> {
  const served = new Map<string, Served>();
  for (const [service, handlers] of Object.entries(implementations)) {
    for (const [name, method] of Object.entries(services()[service as ServiceName].service)) {
      const handler = handlers[name];
      if (handler !== undefined)
        served.set(method.path, { method: method as Method, handler: handler as unknown as Handler });
    }
  }
  return served;
}

function serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, served: ReadonlyMap<string, Served>): void {
  if (headers[":method"] !== "POST" || !headers["content-type"]?.startsWith("application/grpc")) {
    return refuseCall(stream, { code: status.INTERNAL, details: "not a gRPC request" });
  }
  const refusal = protocolRefusal("the caller", rangeOfHeader(headers[PROTOCOL_HEADER]?.toString()));
  if (refusal !== undefined) {
    return refuseCall(stream, { code: status.FAILED_PRECONDITION, details: `VERSION: ${refusal}` });
  }
  const path = headers[":path"] ?? "";
  const found = served.get(path);
  if (found === undefined)
    return refuseCall(stream, { code: status.UNIMPLEMENTED, details: `no such method: ${path}` });
  const { method, handler } = found;
  const call = new ServerCall(stream, headers, serverCodec(method));
  if (method.requestStream) return handler(call);
  call.once("data", (request) => {
    call.request = request;
    if (method.responseStream) return handler(call);
    handler(call, (error, reply) => {
      if (error) return call.fail(error);
      call.write(reply ?? {});
      call.end();
    });
  });
}
