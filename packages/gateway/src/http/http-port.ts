/**
 * The public port: HTTP/1.1, HTTP/2 with prior knowledge and, with a certificate, TLS, all on one number. A plain
 * server takes the connections, looks at their first bytes and hands them to the HTTP/1 or HTTP/2 server; a TLS
 * connection is unwrapped first and then takes the same way by what ALPN agreed on, or, for clients that speak HTTP/2
 * over TLS without saying so in the handshake (the AWS SDK for Java's Netty client), by its first bytes again.
 */
import { createServer as createHttp1Server, type Server as Http1Server } from "node:http";
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Session } from "node:http2";
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from "node:tls";
import { ServiceError, sleep, TransitMap, type Clock, type Random, type TimerHandle } from "@millrace/base";
import { ByteBudget } from "./byte-budget.ts";
import { Exchange, type ExchangeContext } from "./exchange.ts";
import type { HttpLimits } from "./http-limits.ts";
import type { RequestHandler } from "./http-message.ts";
import { PlainConnection } from "./plain-connection.ts";
import { ReplyDate } from "./reply-head.ts";
import { sniffProtocol, type SniffedProtocol } from "./protocol-sniffer.ts";
import { guardSession } from "./session-guard.ts";

/** What a port needs. `certificate` and `key` are PEM and come together. */
export interface HttpPortOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly tls: { readonly certificate: string; readonly key: string } | undefined;
  readonly limits: HttpLimits;
  readonly clock: Clock;
  readonly random: Random;
  readonly handler: RequestHandler;
  readonly onDefect: (error: unknown, requestId: string) => void;
  readonly onOverload: () => void;
  /** A client was cut off for flooding. */
  readonly onAbuse: () => void;
}

/** A listening port. */
export interface HttpPort {
  readonly port: number;
  /** Request bodies and replies held at this moment. */
  readonly heldBytes: () => number;
  readonly connections: () => number;
  /** Stops accepting, gives running exchanges `graceMs`, then cuts the rest off. Idempotent. */
  close(graceMs: number): Promise<void>;
}

const SWEEP_MS = 1000;
const MIB = 1024 * 1024;

/** Listens. Fails with USAGE when the address is taken or the certificate is unusable. */
export async function openHttpPort(options: HttpPortOptions): Promise<HttpPort> {
  const port = new OpenPort(options);
  await port.listen();
  return port;
}

class OpenPort implements HttpPort {
  readonly #options: HttpPortOptions;
  readonly #budget: ByteBudget;
  readonly #context: ExchangeContext;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #plain = new Set<PlainConnection>();
  readonly #tcp: Server;
  readonly #http1: Http1Server;
  readonly #http2: Http2Server;
  readonly #tls: TlsServer | undefined;
  #sweeper: TimerHandle | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: HttpPortOptions) {
    this.#options = options;
    this.#budget = new ByteBudget(options.limits.inFlightBytesMax);
    this.#context = {
      clock: options.clock,
      random: options.random,
      limits: options.limits,
      budget: this.#budget,
      handler: options.handler,
      active: new TransitMap(),
      hostId: Buffer.from(options.random.bytes(48)).toString("base64"),
      date: new ReplyDate(options.clock),
      keepAlive: ["Connection", "keep-alive", "Keep-Alive", `timeout=${Math.floor(options.limits.keepAliveMs / 1000)}`],
      closing: false,
      onDefect: options.onDefect,
      onOverload: options.onOverload,
    };
    this.#http1 = this.#createHttp1();
    this.#http2 = this.#createHttp2();
    this.#tls = this.#createTls();
    this.#tcp = createTcpServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#accept(socket));
    this.#tcp.maxConnections = options.limits.connectionsMax;
  }

  get port(): number {
    return (this.#tcp.address() as AddressInfo | null)?.port ?? this.#options.port;
  }

  heldBytes = (): number => this.#budget.usedBytes;

  connections = (): number => this.#sockets.size;

  async listen(): Promise<void> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#tcp.once("error", (error) => {
        reject(new ServiceError("USAGE", `cannot listen on ${host}:${port}: ${error.message}`, { cause: error }));
      });
      this.#tcp.listen({ host, port, backlog: 1024 }, resolve);
    });
    // Node starts the timers for slow headers and bodies when its own server listens; ours does in its place.
    this.#http1.emit("listening");
    this.#scheduleSweep();
  }

  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    const { clock } = this.#options;
    this.#context.closing = true;
    const stopped = new Promise<void>((resolve) => {
      this.#tcp.close(() => resolve());
    });
    for (const session of this.#sessions) session.close();
    this.#http1.closeIdleConnections();
    for (const connection of this.#plain) connection.closeIfIdle();
    const endMs = clock.monotonicMs() + graceMs;
    while (this.#busy() && clock.monotonicMs() < endMs) await sleep(clock, 10);
    this.#sweeper?.cancel();
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
    this.#http1.close();
    this.#http1.closeAllConnections();
    await stopped;
  }

  #busy(): boolean {
    return this.#context.active.size > 0 || [...this.#plain].some(({ busy }) => busy);
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    sniffProtocol(this.#options.clock, socket, this.#options.limits.headersMs, (protocol) => {
      this.#route(socket, protocol);
    });
  }

  #route(socket: Socket, protocol: SniffedProtocol): void {
    if (protocol === "http1") this.#openPlain(socket);
    else if (protocol === "http2") this.#routeHttp2(socket);
    else if (this.#tls !== undefined) this.#tls.emit("connection", socket);
    else socket.destroy();
  }

  #routeInside(socket: TLSSocket, protocol: SniffedProtocol): void {
    if (protocol === "http1") this.#openPlain(socket);
    else if (protocol === "http2") {
      // Node's HTTP/2 server refuses TLS connections that negotiated nothing, whatever they say.
      socket.alpnProtocol = "h2";
      this.#routeHttp2(socket);
    } else socket.destroy();
  }

  #routeHttp2(socket: Socket): void {
    // A peer that has ended its side asks for nothing more and waits for us to end ours; only HTTP/1.1 has answers after that.
    socket.allowHalfOpen = false;
    this.#http2.emit("connection", socket);
  }

  #openPlain(socket: Socket): void {
    const connection: PlainConnection = new PlainConnection(
      this.#context,
      socket,
      () => this.#http1.emit("connection", socket),
      () => this.#plain.delete(connection),
    );
    this.#plain.add(connection);
  }

  #createHttp1(): Http1Server {
    const { limits } = this.#options;
    const server = createHttp1Server(
      {
        maxHeaderSize: limits.headerBytesMax,
        headersTimeout: Math.min(limits.headersMs, limits.requestMs),
        requestTimeout: limits.requestMs,
        keepAliveTimeout: limits.keepAliveMs,
        connectionsCheckingInterval: SWEEP_MS,
        insecureHTTPParser: false,
        joinDuplicateHeaders: false,
      },
      (incoming, outgoing) => new Exchange(this.#context, incoming, outgoing),
    );
    server.maxHeadersCount = 200;
    // Who has sent a whole request and closed that direction still waits for the answer. Node's types leave it out.
    Object.assign(server, { httpAllowHalfOpen: true });
    return server;
  }

  #createHttp2(): Http2Server {
    const { limits, clock, onAbuse } = this.#options;
    // Node documents both limits; its type declarations have left them out.
    const floodLimits: object = { maxSessionRejectedStreams: 100, maxSessionInvalidFrames: 100 };
    const server = createHttp2Server(
      {
        ...floodLimits,
        maxSessionMemory: 64,
        maxHeaderListPairs: 200,
        unknownProtocolTimeout: limits.headersMs,
        settings: {
          maxConcurrentStreams: limits.sessionStreamsMax,
          maxHeaderListSize: limits.headerBytesMax,
          initialWindowSize: MIB,
          enablePush: false,
        },
      },
      (incoming, outgoing) => new Exchange(this.#context, incoming, outgoing),
    );
    server.on("session", (session) => {
      this.#sessions.add(session);
      session.once("close", () => this.#sessions.delete(session));
      session.setLocalWindowSize(8 * MIB);
      session.setTimeout(limits.keepAliveMs, () => session.close());
      session.on("error", ignoreError);
      guardSession(clock, limits, session, onAbuse);
    });
    server.on("sessionError", ignoreError);
    return server;
  }

  #createTls(): TlsServer | undefined {
    const { tls, limits } = this.#options;
    if (tls === undefined) return undefined;
    let server: TlsServer;
    try {
      server = createTlsServer({
        cert: tls.certificate,
        key: tls.key,
        ALPNProtocols: ["h2", "http/1.1"],
        handshakeTimeout: limits.headersMs,
        minVersion: "TLSv1.2",
      });
    } catch (error) {
      const { message } = ServiceError.from(error);
      throw new ServiceError("USAGE", `the TLS certificate or key is unusable: ${message}`, { cause: error });
    }
    server.on("secureConnection", (socket) => {
      socket.on("error", ignoreError);
      if (socket.alpnProtocol === "h2") this.#routeHttp2(socket);
      else if (socket.alpnProtocol === "http/1.1") this.#openPlain(socket);
      else
        sniffProtocol(this.#options.clock, socket, limits.headersMs, (protocol) => this.#routeInside(socket, protocol));
    });
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    return server;
  }

  #scheduleSweep(): void {
    const { clock } = this.#options;
    this.#sweeper = clock.schedule(SWEEP_MS, () => {
      const nowMs = clock.monotonicMs();
      for (const [exchange] of this.#context.active.entries()) exchange.expire(nowMs);
      for (const connection of this.#plain) connection.expire(nowMs);
      this.#scheduleSweep();
    });
  }
}

/** A session or TLS socket that fails is closed by Node; there is nobody left to tell. */
function ignoreError(): void {}
