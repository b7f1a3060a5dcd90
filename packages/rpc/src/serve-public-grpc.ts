/**
 * The public gRPC service of `kinesis.proto` with reflection and health. Knows gRPC and nothing of Kinesis: calls come out
 * as plain messages with what identifies the caller, answers and failures go in as values.
 */
import {
  Metadata,
  Server,
  ServerCredentials,
  type handleUnaryCall,
  type ServerDuplexStream,
  type ServerWritableStream,
  type ServiceClientConstructor,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { ReflectionService } from "@grpc/reflection";
import { assert, ServiceError } from "@millrace/base";
import { HealthImplementation } from "grpc-health-check";
import { publicDefinition, publicKinesis } from "./public-service.ts";
import type { RpcServer } from "./transport.ts";

/** A message as proto-loader gives and takes it: camelCase, bytes as Buffers, 64-bit numbers as numbers. */
export type PublicMessage = Readonly<Record<string, unknown>>;

/** A status other than OK: its number, text, and the trailers it carries. */
export interface PublicFailure {
  readonly code: number;
  readonly details: string;
  readonly trailers: Readonly<Record<string, string>>;
}

/** A message or a failure. */
export type PublicAnswer = { readonly message: PublicMessage } | { readonly failure: PublicFailure };

/** Who calls what: the path `/millrace.v1.Kinesis/<method>`, the host asked for, textual metadata by lower-case key. */
export interface PublicCallInfo {
  readonly path: string;
  readonly host: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Where a server stream writes. After the client has gone everything is ignored. */
export interface PublicStream {
  /** False asks the writer to wait for `onDrain`. */
  write(message: PublicMessage): boolean;
  end(failure?: PublicFailure): void;
  onDrain(callback: () => void): void;
  /** Fires once, whoever ended the stream. */
  onClose(callback: () => void): void;
}

/** What answers the calls. Promises never reject but for defects, which become INTERNAL. */
export interface PublicHandlers {
  unary(method: string, request: PublicMessage, info: PublicCallInfo): Promise<PublicAnswer>;
  subscribe(request: PublicMessage, info: PublicCallInfo, stream: PublicStream): void;
}

/** A listening public server. */
export interface PublicGrpcServer extends RpcServer {
  /** What health checks are answered. */
  setServing(serving: boolean): void;
}

const SERVICE = "millrace.v1.Kinesis";
/** 10 MiB of records with their keys and framing. */
const REQUEST_BYTES_MAX = 16 * 1024 * 1024;
const REPLY_BYTES_MAX = 24 * 1024 * 1024;
/** Requests of one put stream under way at once; reading pauses above it. */
const PIPELINE_MAX = 16;
const STATUS_INTERNAL = 13;
const defect: PublicFailure = { code: STATUS_INTERNAL, details: "Internal service failure.", trailers: {} };

/** Listens on `host:port` (0 picks a free port). Fails with USAGE when the address is taken. */
export async function servePublicGrpc(host: string, port: number, handlers: PublicHandlers): Promise<PublicGrpcServer> {
  const definition = publicDefinition();
  const kinesis = publicKinesis(definition).service;
  const server = new Server({
    "grpc.max_receive_message_length": REQUEST_BYTES_MAX,
    "grpc.max_send_message_length": REPLY_BYTES_MAX,
    "grpc.max_concurrent_streams": 250,
    "grpc-node.flow_control_window": 1024 * 1024,
  });
  server.addService(kinesis, implementation(kinesis, handlers));
  const health = new HealthImplementation({ "": "NOT_SERVING", [SERVICE]: "NOT_SERVING" });
  health.addToServer(server);
  new ReflectionService(definition).addToServer(server);
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, boundPort) => {
      if (error === null) return resolve(boundPort);
      reject(new ServiceError("USAGE", `cannot listen on ${host}:${port}: ${error.message}`, { cause: error }));
    });
  });
  const setServing = (serving: boolean): void => {
    const status = serving ? "SERVING" : "NOT_SERVING";
    health.setStatus("", status);
    health.setStatus(SERVICE, status);
  };
  let closing: Promise<void> | undefined;
  const close = (graceMs = 500): Promise<void> => {
    closing ??= new Promise((resolve) => {
      setServing(false);
      const timer = setTimeout(() => server.forceShutdown(), graceMs);
      server.tryShutdown(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    return closing;
  };
  return { port: bound, close, setServing, [Symbol.asyncDispose]: () => close() };
}

function implementation(
  kinesis: ServiceClientConstructor["service"],
  handlers: PublicHandlers,
): UntypedServiceImplementation {
  const methods: UntypedServiceImplementation = {};
  for (const [name, method] of Object.entries(kinesis)) {
    if (!method.responseStream) {
      const unary: handleUnaryCall<PublicMessage, PublicMessage> = (call, callback) => {
        const info = infoOf(method.path, call);
        handlers.unary(name, call.request, info).then(
          (answer) => {
            if ("message" in answer) callback(null, answer.message);
            else callback(statusOf(answer.failure));
          },
          () => callback(statusOf(defect)),
        );
      };
      methods[name] = unary;
    } else if (method.requestStream) {
      methods[name] = (call: DuplexCall) => servePutStream(call, handlers, method.path);
    } else {
      methods[name] = (call: WritableCall) => {
        handlers.subscribe(call.request, infoOf(method.path, call), streamOf(call));
      };
    }
  }
  return methods;
}

type WritableCall = ServerWritableStream<PublicMessage, PublicMessage>;
type DuplexCall = ServerDuplexStream<PublicMessage, PublicMessage>;
type AnyCall = Pick<WritableCall, "metadata" | "getHost">;

/** Puts run side by side, answers leave in the order of the requests, the first failure ends the stream. */
function servePutStream(call: DuplexCall, handlers: PublicHandlers, path: string): void {
  const info = infoOf(path, call);
  const waiting: Promise<PublicAnswer>[] = [];
  const state = { over: false, inputEnded: false, draining: false };
  const stop = (): void => {
    state.over = true;
  };
  const finish = (failure: PublicFailure | undefined): void => {
    if (state.over) return;
    stop();
    if (failure === undefined) call.end();
    else call.emit("error", statusError(failure));
  };
  const drain = async (): Promise<void> => {
    if (state.draining) return;
    state.draining = true;
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const answer = await next;
      void waiting.shift();
      if (state.over) return;
      if ("failure" in answer) return finish(answer.failure);
      if (!call.write(answer.message)) {
        await new Promise<void>((resolve) => call.once("drain", resolve).once("cancelled", resolve));
      }
      if (waiting.length < PIPELINE_MAX && call.isPaused()) call.resume();
    }
    state.draining = false;
    if (state.inputEnded) finish(undefined);
  };
  call.on("data", (request: PublicMessage) => {
    waiting.push(handlers.unary("PutRecords", request, info).catch(() => ({ failure: defect })));
    if (waiting.length >= PIPELINE_MAX) call.pause();
    void drain();
  });
  call.on("end", () => {
    state.inputEnded = true;
    void drain();
  });
  call.on("cancelled", stop);
  call.on("error", stop);
}

function streamOf(call: WritableCall): PublicStream {
  let over = false;
  let onClose: (() => void) | undefined;
  const close = (): void => {
    if (over) return;
    over = true;
    onClose?.();
  };
  call.on("cancelled", close);
  call.on("error", close);
  return {
    write: (message) => over || call.write(message),
    end: (failure) => {
      if (over) return;
      close();
      if (failure === undefined) call.end();
      else call.emit("error", statusError(failure));
    },
    onDrain: (callback) => {
      call.on("drain", callback);
    },
    onClose: (callback) => {
      assert(onClose === undefined, "a stream has one close callback");
      onClose = callback;
      if (over) callback();
    },
  };
}

function infoOf(path: string, call: AnyCall): PublicCallInfo {
  const metadata = Object.create(null) as Record<string, string>;
  for (const [key, value] of Object.entries(call.metadata.getMap())) {
    if (typeof value === "string") metadata[key] = value;
  }
  return { path, host: call.getHost(), metadata };
}

function statusOf(failure: PublicFailure): { code: number; details: string; metadata: Metadata } {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(failure.trailers)) metadata.set(key, value);
  return { code: failure.code, details: failure.details, metadata };
}

/** What gRPC ends a stream with when it is emitted as its error; destroying the stream would send no status at all. */
function statusError(failure: PublicFailure): Error {
  return Object.assign(new Error(failure.details), statusOf(failure));
}
