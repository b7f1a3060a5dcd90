/**
 * The network between the processes of a cluster, as a proxy in front of each that others connect to. Who connects is
 * found by the process that owns the connecting socket, so that the product needs no change: rules are per pair and
 * direction. Linux only.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { faultyPipe, type LinkRule } from "./faulty-pipe.ts";
import { ownerOf } from "./socket-owner.ts";

const OPEN: LinkRule = { kind: "open" };

interface ProxiedConnection {
  readonly from: string;
  readonly to: string;
  readonly sockets: readonly Socket[];
}

/** See the file comment. */
export class FaultyNetwork {
  readonly #rules = new Map<string, LinkRule>();
  readonly #servers: Server[] = [];
  readonly #connections = new Set<ProxiedConnection>();
  readonly #pids: () => ReadonlyMap<string, number>;

  /** `pids` are the processes of now, by name. */
  constructor(pids: () => ReadonlyMap<string, number>) {
    this.#pids = pids;
  }

  /** Listens on a free port of loopback and passes connections on to `port` of the process `to`. Answers the port. */
  serve(to: string, port: number): Promise<number> {
    const server = createServer((socket) => this.#accepted(socket, to, port));
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
    });
  }

  /** Sets how bytes travel from one process to another, on connections that either of them made. */
  rule(from: string, to: string, rule: LinkRule): void {
    if (rule.kind === "open") this.#rules.delete(`${from}>${to}`);
    else this.#rules.set(`${from}>${to}`, rule);
    if (rule.kind !== "cut") return;
    for (const each of this.#connections) {
      const ends = [each.from, each.to];
      if (ends.includes(from) && ends.includes(to)) reset(each);
    }
  }

  /** {@link rule} in both directions. */
  between(one: string, other: string, rule: LinkRule): void {
    this.rule(one, other, rule);
    this.rule(other, one, rule);
  }

  /** Everything is open again. */
  heal(): void {
    this.#rules.clear();
  }

  close(): void {
    for (const server of this.#servers) server.close();
    for (const each of this.#connections) reset(each);
  }

  #ruleOf(from: string, to: string): LinkRule {
    return this.#rules.get(`${from}>${to}`) ?? OPEN;
  }

  #accepted(socket: Socket, to: string, port: number): void {
    socket.on("error", () => socket.destroy());
    const from = this.#nameOf(socket);
    // Whoever connected is dead already, or none of ours.
    if (from === undefined || this.#isCut(from, to)) return void socket.resetAndDestroy();
    const target = connect(port, "127.0.0.1");
    target.setNoDelay(true);
    socket.setNoDelay(true);
    const connection = { from, to, sockets: [socket, target] };
    this.#connections.add(connection);
    const gone = (): void => {
      this.#connections.delete(connection);
      if (socket.destroyed !== target.destroyed) reset(connection);
    };
    target.on("error", () => reset(connection));
    socket.on("close", gone);
    target.on("close", gone);
    void faultyPipe(socket, target, () => this.#ruleOf(from, to));
    void faultyPipe(target, socket, () => this.#ruleOf(to, from));
  }

  #isCut(one: string, other: string): boolean {
    return this.#ruleOf(one, other).kind === "cut" || this.#ruleOf(other, one).kind === "cut";
  }

  #nameOf(socket: Socket): string | undefined {
    const { remotePort, localPort } = socket;
    if (remotePort === undefined || localPort === undefined) return undefined;
    const pids = this.#pids();
    const owner = ownerOf(remotePort, localPort, [...pids.values()]);
    return [...pids].find(([, pid]) => pid === owner)?.[0];
  }
}

function reset({ sockets }: ProxiedConnection): void {
  for (const socket of sockets) if (!socket.destroyed) socket.resetAndDestroy();
}
