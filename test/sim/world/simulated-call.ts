/** One RPC between two processes: its two pipes, and the stream objects that each side holds, shaped like those of gRPC. */
import { EventEmitter } from "node:events";
import { grpcStatus, type Metadata } from "@millrace/rpc";
import { MessagePipe, type Piped } from "./message-pipe.ts";
import { NOTICE_MS, type Connection, type SimulatedNetwork } from "./simulated-network.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import type { Simulation } from "./simulation.ts";

/** How the messages of a method become bytes. */
export interface MethodCodec {
  readonly path: string;
  requestSerialize(value: unknown): Buffer;
  requestDeserialize(bytes: Buffer): unknown;
  responseSerialize(value: unknown): Buffer;
  responseDeserialize(bytes: Buffer): unknown;
}

/** What a call is made of. */
export interface CallParts {
  readonly simulation: Simulation;
  readonly network: SimulatedNetwork;
  readonly codec: MethodCodec;
  readonly client: { readonly host: string; readonly process: SimulatedProcess };
  readonly serverHost: string;
  /** The process that listens there when the call arrives; undefined: nobody. */
  readonly accept: (call: SimulatedCall) => SimulatedProcess | undefined;
  readonly metadata: Metadata;
}

/** An error as gRPC gives it to its callers. */
export interface CallFailure extends Error {
  readonly code: number;
  readonly details: string;
}

/** See the file comment. */
export class SimulatedCall implements Connection {
  readonly hosts: readonly [string, string];
  readonly client: CallEnd;
  readonly server: CallEnd;
  /** The request of a unary or server-streaming method, once it has arrived. */
  request: unknown = undefined;
  readonly metadata: Metadata;
  readonly #parts: CallParts;
  #serverProcess: SimulatedProcess | undefined;
  readonly #forgetClient: () => void;
  #forgetServer: (() => void) | undefined;
  #over = false;

  constructor(parts: CallParts) {
    this.#parts = parts;
    const { client, serverHost, codec } = parts;
    this.metadata = parts.metadata;
    this.hosts = [client.host, serverHost];
    const toServer = new MessagePipe(
      parts,
      { from: client.host, to: serverHost, sender: () => client.process, receiver: () => this.#serverProcess },
      (piped) => this.#atServer(piped),
    );
    const toClient = new MessagePipe(
      parts,
      { from: serverHost, to: client.host, sender: () => this.#serverProcess, receiver: () => client.process },
      (piped) => this.#atClient(piped),
    );
    this.client = new CallEnd(toServer, toClient, (value) => codec.requestSerialize(value));
    this.server = new CallEnd(toClient, toServer, (value) => codec.responseSerialize(value));
    this.client.onCancel = () => this.#cancel();
    this.server.onFail = (error) => toClient.send({ kind: "failure", ...error });
    // As in grpc-js: an error event on the server's side is the status that the call ends with.
    this.server.on("error", (error: CallFailure) => this.server.destroy(error));
    parts.network.add(this);
    client.process.callsOpen += 1;
    this.#forgetClient = client.process.onDeath(() => this.#clientDied());
  }

  /** Who calls. */
  get caller(): CallParts["client"] {
    return this.#parts.client;
  }

  /** Whether somebody has taken the call. */
  get accepted(): boolean {
    return this.#serverProcess !== undefined;
  }

  lose(): void {
    const { simulation, client } = this.#parts;
    if (this.#over) return;
    const server = this.#serverProcess;
    this.#finish();
    simulation.after(0, client.process, () => this.client.fail(grpcStatus.UNAVAILABLE, "the connection was lost"));
    simulation.after(0, server, () => this.server.cancelled());
  }

  #atServer(piped: Piped): void {
    const { simulation, codec, client, serverHost } = this.#parts;
    if (this.#serverProcess === undefined) {
      const accepted = this.#parts.accept(this);
      if (accepted === undefined) return this.#refuse();
      this.#serverProcess = accepted;
      this.#forgetServer = accepted.onDeath(() => this.#serverDied());
      simulation.transcript.trace(`${client.host}>${serverHost}${codec.path}`);
    }
    // The first message finds out who listens; from then on it is that process's event.
    if (simulation.current !== this.#serverProcess) {
      simulation.after(0, this.#serverProcess, () => this.#takeAtServer(piped));
    } else this.#takeAtServer(piped);
  }

  #takeAtServer(piped: Piped): void {
    if (this.#over) return;
    if (piped.kind === "message") {
      this.#parts.simulation.transcript.trace(`${this.#parts.codec.path}:${piped.bytes.length}`);
      const value = this.#parts.codec.requestDeserialize(piped.bytes);
      if (this.onRequest === undefined) this.server.emit("data", value);
      else this.onRequest(value);
    } else if (piped.kind === "end") this.server.emit("end");
  }

  /** Set by the acceptor of methods with one request: it gets it instead of a data event. */
  onRequest: ((request: unknown) => void) | undefined;

  #atClient(piped: Piped): void {
    if (this.#over) return;
    if (piped.kind === "message") {
      this.#parts.simulation.transcript.trace(`${this.#parts.codec.path}.${piped.bytes.length}`);
      this.client.emit("data", this.#parts.codec.responseDeserialize(piped.bytes));
      return;
    }
    this.#finish();
    if (piped.kind === "end") this.client.emit("end");
    else this.client.fail(piped.code, piped.details);
  }

  #refuse(): void {
    const { simulation, network, client, serverHost } = this.#parts;
    this.#finish();
    simulation.after(network.delayMs(serverHost, client.host), client.process, () =>
      this.client.fail(grpcStatus.UNAVAILABLE, "nobody listens there"),
    );
  }

  #cancel(): void {
    const { simulation, network, client, serverHost } = this.#parts;
    if (this.#over) return;
    const server = this.#serverProcess;
    this.#finish();
    simulation.after(0, client.process, () => this.client.fail(grpcStatus.CANCELLED, "cancelled on this side"));
    // A cut link hides even this; the other side then finds out by its keep-alives.
    const noticeMs = network.isCut(client.host, serverHost) ? NOTICE_MS : 0;
    const delayMs = network.delayMs(client.host, serverHost) + noticeMs;
    simulation.after(delayMs, server, () => this.server.cancelled());
  }

  #clientDied(): void {
    const { simulation, network, client, serverHost } = this.#parts;
    if (this.#over) return;
    const server = this.#serverProcess;
    this.#finish();
    const noticeMs = network.isCut(client.host, serverHost) ? NOTICE_MS : 0;
    simulation.after(network.delayMs(client.host, serverHost) + noticeMs, server, () => this.server.cancelled());
  }

  #serverDied(): void {
    const { simulation, network, client, serverHost } = this.#parts;
    if (this.#over) return;
    this.#finish();
    const noticeMs = network.isCut(serverHost, client.host) ? NOTICE_MS : 0;
    simulation.after(network.delayMs(serverHost, client.host) + noticeMs, client.process, () =>
      this.client.fail(grpcStatus.UNAVAILABLE, "the connection was reset"),
    );
  }

  #finish(): void {
    this.#over = true;
    this.#forgetClient();
    this.#forgetServer?.();
    this.#parts.network.remove(this);
    this.#parts.client.process.callsOpen -= 1;
    this.client.stop();
    this.server.stop();
  }
}

/** The stream object of one side. */
export class CallEnd extends EventEmitter {
  readonly #out: MessagePipe;
  readonly #in: MessagePipe;
  readonly #encode: (value: unknown) => Buffer;
  #failed = false;
  #finished = false;
  onCancel: (() => void) | undefined;
  onFail: ((error: { code: number; details: string }) => void) | undefined;

  constructor(out: MessagePipe, incoming: MessagePipe, encode: (value: unknown) => Buffer) {
    super();
    this.#out = out;
    this.#in = incoming;
    this.#encode = encode;
    out.onDrain = () => this.emit("drain");
  }

  write(value: unknown, taken?: () => void): boolean {
    if (this.#finished) return true;
    return this.#out.send({ kind: "message", bytes: this.#encode(value) }, taken);
  }

  end(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#out.send({ kind: "end" });
  }

  /** A server ends the call with an error. */
  destroy(error: { code: number; details: string }): void {
    if (this.#finished) return;
    this.#finished = true;
    this.onFail?.({ code: error.code, details: error.details });
  }

  cancel(): void {
    this.#finished = true;
    this.onCancel?.();
  }

  pause(): void {
    this.#in.paused = true;
  }

  resume(): void {
    this.#in.paused = false;
    this.#in.pumpSoon();
  }

  isPaused(): boolean {
    return this.#in.paused;
  }

  /** This side learns that the call failed. */
  fail(code: number, details: string): void {
    if (this.#failed) return;
    this.#failed = true;
    const error = Object.assign(new Error(details), { code, details });
    if (this.listenerCount("error") > 0) this.emit("error", error);
  }

  /** The server side learns that its caller has gone. */
  cancelled(): void {
    if (this.#failed) return;
    this.#failed = true;
    this.emit("cancelled");
  }

  stop(): void {
    this.#finished = true;
    this.#out.stop();
    this.#in.stop();
  }
}
