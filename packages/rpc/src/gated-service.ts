/**
 * A service whose handlers come and go while it listens, as those of a coordinator do with its election. While there are
 * none, calls are refused; when they go, open streams end with an error.
 */
import type { ServerDuplexStream, ServerWritableStream, UntypedServiceImplementation } from "@grpc/grpc-js";
import type { ServiceError } from "@millrace/base";
import { services, type ServiceName } from "./load.ts";
import { toGrpcError } from "./to-grpc-error.ts";

/** The handlers in force, or why there are none. */
export type CurrentHandlers = () => UntypedServiceImplementation | ServiceError;

type StreamCall = ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>;
type Callback = (error: object | null, value?: unknown) => void;

/** See the file comment. */
export class GatedService {
  /** For `serveRpc`: every method of the service. */
  readonly implementation: UntypedServiceImplementation;
  readonly #current: CurrentHandlers;
  readonly #streams = new Set<StreamCall>();

  /** `always` has the handlers that answer in any case. */
  constructor(service: ServiceName, current: CurrentHandlers, always: UntypedServiceImplementation = {}) {
    this.#current = current;
    const methods = Object.entries(services()[service].service).map(([name, { responseStream }]) => [
      name,
      responseStream ? this.#stream(name) : this.#unary(name),
    ]);
    this.implementation = { ...(Object.fromEntries(methods) as UntypedServiceImplementation), ...always };
  }

  /** Ends every open stream with `error`. */
  endStreams(error: ServiceError): void {
    for (const call of this.#streams) refuse(call, error);
    this.#streams.clear();
  }

  #unary(name: string): UntypedServiceImplementation[string] {
    return (call: unknown, callback: Callback) => {
      const handlers = this.#current();
      if (handlers instanceof Error) callback(toGrpcError(handlers));
      else (handlers[name] as (call: unknown, callback: Callback) => void)(call, callback);
    };
  }

  #stream(name: string): UntypedServiceImplementation[string] {
    return (call: StreamCall) => {
      const handlers = this.#current();
      if (handlers instanceof Error) return refuse(call, handlers);
      this.#streams.add(call);
      for (const end of ["cancelled", "close", "error", "finish"]) call.once(end, () => this.#streams.delete(call));
      (handlers[name] as (call: StreamCall) => void)(call);
    };
  }
}

/** An error event is how grpc-js takes the status a stream ends with. */
function refuse(call: StreamCall, error: ServiceError): void {
  call.emit("error", Object.assign(new Error(error.message), toGrpcError(error)));
}
