/** The transport of `rpc` over the simulated network: real message codecs, real services, no sockets. */
import {
  etcdServices,
  Metadata,
  grpcStatus,
  services,
  type EtcdMember,
  type RpcServer,
  type RpcTransport,
  type ServiceName,
} from "@millrace/rpc";
import { ServiceError, type TimerHandle } from "@millrace/base";
import { SimulatedCall, type CallFailure, type MethodCodec } from "./simulated-call.ts";
import type { SimulatedNetwork } from "./simulated-network.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import type { Simulation } from "./simulation.ts";

/** How often a client that wants to be connected tries. */
const CONNECT_EVERY_MS = 100;
const FIRST_PORT = 7000;

type Method = MethodCodec & {
  readonly originalName: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
};
type Handler = (call: unknown, callback?: (error: unknown, value?: unknown) => void) => void;
/** The cluster's services, and those of etcd. */
type AnyServiceName = ServiceName | keyof ReturnType<typeof etcdServices>;

interface Listener {
  readonly process: SimulatedProcess;
  readonly handlers: ReadonlyMap<string, Handler>;
}

type UnaryCallback = (error: CallFailure | null, value?: unknown) => void;

/** See the file comment. */
export class SimulatedRpc implements RpcTransport {
  readonly #simulation: Simulation;
  readonly #network: SimulatedNetwork;
  readonly #listeners = new Map<string, Listener>();
  readonly #hostOf: (process: SimulatedProcess) => string;
  /** Called with the caller of every unary call: before it is sent, and when its answer is there, before it is heard. */
  onStep: ((caller: SimulatedProcess, answered: boolean) => void) | undefined;

  constructor(simulation: Simulation, network: SimulatedNetwork, hostOf: (process: SimulatedProcess) => string) {
    this.#simulation = simulation;
    this.#network = network;
    this.#hostOf = hostOf;
  }

  listen(host: string, port: number, implementations: object): Promise<RpcServer> {
    const bound = port === 0 ? FIRST_PORT : port;
    const address = `${host}:${bound}`;
    if (this.#listeners.has(address)) return Promise.reject(new ServiceError("USAGE", `${address} is taken`));
    const forget = this.serve(this.#running(), address, implementations);
    const close = (): Promise<void> => Promise.resolve(forget());
    return Promise.resolve({ port: bound, close, [Symbol.asyncDispose]: close });
  }

  /** Has `process` answer at `address` until it dies or the answer is called. */
  serve(process: SimulatedProcess, address: string, implementations: object): () => void {
    const handlers = new Map<string, Handler>();
    for (const [name, implementation] of Object.entries(implementations)) {
      for (const [key, method] of methodsOf(name as AnyServiceName)) {
        const handler = (implementation as Record<string, Handler>)[key];
        if (handler !== undefined) handlers.set(method.path, handler);
      }
    }
    const listener = { process, handlers };
    this.#listeners.set(address, listener);
    const forget = (): void => {
      if (this.#listeners.get(address) === listener) this.#listeners.delete(address);
    };
    process.onDeath(forget);
    return forget;
  }

  connectEtcd(address: string): EtcdMember {
    const kv = this.connect("KV", address);
    const lease = this.connect("Lease", address);
    return { kv, lease, close: () => undefined } as unknown as EtcdMember;
  }

  connect(service: AnyServiceName, address: string): object {
    const client: Record<string, unknown> = {
      close: () => undefined,
      waitForReady: (deadlineMs: number, done: (error?: Error) => void) =>
        this.#waitForReady(this.#running(), address, deadlineMs, done),
    };
    for (const [, method] of methodsOf(service)) {
      client[method.originalName] = (...args: unknown[]) => this.#call(this.#running(), address, method, args);
    }
    return client;
  }

  #running(): SimulatedProcess {
    const { current } = this.#simulation;
    if (current === undefined) throw new Error("only a process may use the network");
    return current;
  }

  #waitForReady(process: SimulatedProcess, address: string, deadlineMs: number, done: (error?: Error) => void): void {
    const from = this.#hostOf(process);
    const to = hostOfAddress(address);
    const leftMs = deadlineMs - Date.now();
    const endMs = this.#simulation.nowMs + leftMs;
    const attempt = (): void => {
      const roundTripMs = this.#network.delayMs(from, to) + this.#network.delayMs(to, from);
      this.#simulation.after(roundTripMs, process, () => {
        if (this.#listeners.has(address) && this.#network.connects(from, to)) return done();
        if (this.#simulation.nowMs >= endMs) return done(new Error("not connected in time"));
        this.#simulation.after(
          Math.min(CONNECT_EVERY_MS, Math.max(0, endMs - this.#simulation.nowMs)),
          process,
          attempt,
        );
      });
    };
    attempt();
  }

  /** A client's method with any of the argument lists that generated clients take. */
  #call(process: SimulatedProcess, address: string, method: Method, args: readonly unknown[]): unknown {
    const callback = args.find((arg): arg is UnaryCallback => typeof arg === "function");
    const metadata = args.find((arg): arg is Metadata => arg instanceof Metadata) ?? new Metadata();
    const request = method.requestStream ? undefined : args[0];
    const options = args.find(
      (arg): arg is { deadline: number } =>
        typeof arg === "object" && arg !== null && "deadline" in arg && arg !== request,
    );
    if (callback !== undefined) this.onStep?.(process, false);
    const call = new SimulatedCall({
      simulation: this.#simulation,
      network: this.#network,
      codec: method,
      client: { host: this.#hostOf(process), process },
      serverHost: hostOfAddress(address),
      accept: (arrived) => this.#accept(address, method, arrived),
      metadata: metadata.clone(),
    });
    const deadline = options === undefined ? undefined : this.#deadline(process, call, options.deadline - Date.now());
    if (method.requestStream) {
      call.client.write(undefined);
    } else {
      call.client.write(request);
    }
    if (method.responseStream) {
      call.client.on("end", () => deadline?.cancel());
      return call.client;
    }
    let settled = false;
    const settle: UnaryCallback = (error, value) => {
      if (settled) return;
      settled = true;
      deadline?.cancel();
      callback?.(error, value);
    };
    call.client.on("data", (value: unknown) => {
      this.onStep?.(process, true);
      if (process.alive) settle(null, value);
    });
    call.client.on("error", (error: CallFailure) => settle(error));
    return call.client;
  }

  #deadline(process: SimulatedProcess, call: SimulatedCall, leftMs: number): TimerHandle {
    return this.#simulation.after(leftMs, process, () => {
      call.client.fail(grpcStatus.DEADLINE_EXCEEDED, "the deadline has passed");
      call.client.cancel();
    });
  }

  #accept(address: string, method: Method, call: SimulatedCall): SimulatedProcess | undefined {
    const listener = this.#listeners.get(address);
    const handler = listener?.handlers.get(method.path);
    if (listener === undefined || handler === undefined) return undefined;
    const { server, metadata } = call;
    let begun = false;
    if (method.requestStream) {
      // The opening of a stream carries no message of its own.
      call.onRequest = () => {
        call.onRequest = undefined;
        handler(Object.assign(server, { metadata }));
      };
      return listener.process;
    }
    call.onRequest = (request) => {
      if (begun) return;
      begun = true;
      if (method.responseStream) return handler(Object.assign(server, { metadata, request }));
      handler({ request, metadata, caller: call.caller }, (error, value) => {
        if (error !== null && error !== undefined) return server.destroy(error as { code: number; details: string });
        server.write(value);
        server.end();
      });
    };
    return listener.process;
  }
}

const knownMethods = new Map<AnyServiceName, [string, Method][]>();

function methodsOf(service: AnyServiceName): [string, Method][] {
  let methods = knownMethods.get(service);
  if (methods === undefined) {
    const { service: definition } = { ...services(), ...etcdServices() }[service];
    methods = Object.entries(definition).map(([key, method]) => [key, withBuffers(method as unknown as Method)]);
    knownMethods.set(service, methods);
  }
  return methods;
}

/** An opening without a message is an empty one on the wire. */
function withBuffers(method: Method): Method {
  return {
    ...method,
    requestSerialize: (value) => (value === undefined ? Buffer.alloc(0) : method.requestSerialize(value)),
  };
}

function hostOfAddress(address: string): string {
  return address.slice(0, address.lastIndexOf(":"));
}
