/**
 * Links between hosts. Each direction has its own delays and can be cut on its own; what is under way on a cut link waits,
 * and a connection over it breaks after the time in which keep-alives would have found out. Within one stream order is
 * kept, as TCP does; between streams there is none.
 */
import type { Dice } from "./dice.ts";
import type { Simulation } from "./simulation.ts";

/** Keep-alive time plus its timeout, as `rpc` configures them. */
export const NOTICE_MS = 4000;

/** What lives on a pair of hosts and ends when the network between them fails for long. */
export interface Connection {
  readonly hosts: readonly [string, string];
  /** The network failed; both ends notice by themselves. */
  lose(): void;
}

interface Link {
  readonly from: string;
  readonly to: string;
  cut: boolean;
  /** Grows with every change, so that a late check knows whether it is still about the same cut. */
  changes: number;
  slowUntilMs: number;
  slowMs: number;
  waiting: (() => void)[];
  /** Of the messages that have arrived, the one sent last. */
  newestArrived: number;
}

/** See the file comment. */
export class SimulatedNetwork {
  readonly #simulation: Simulation;
  readonly #dice: Dice;
  /** In the order in which they were first used. */
  readonly #links: Link[] = [];
  readonly #linksFrom = new Map<string, Map<string, Link>>();
  readonly #connections = new Set<Connection>();
  /** Longest ordinary delay of a message. */
  delayMaxMs = 3;
  /** Share of requests of clients that reach gateways twice, as behind a proxy that sends again. */
  doubledShare = 0;
  #order = 0;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    this.#dice = simulation.dice.forConcern("network");
  }

  /** How long the next message from one host to another takes. */
  delayMs(from: string, to: string): number {
    const link = this.#link(from, to);
    const isSlow = this.#simulation.nowMs < link.slowUntilMs;
    const slow = isSlow ? this.#dice.between(0, link.slowMs) : 0;
    if (isSlow) this.#simulation.happened("delayed message");
    return (from === to ? 0.05 : this.#dice.between(0.2, this.delayMaxMs)) + slow;
  }

  /** A number for the next message sent. */
  nextOrder(): number {
    return (this.#order += 1);
  }

  isCut(from: string, to: string): boolean {
    return from !== to && this.#link(from, to).cut;
  }

  /** Whether a connection between the two could be made and used. */
  connects(a: string, b: string): boolean {
    return !this.isCut(a, b) && !this.isCut(b, a);
  }

  /** Cuts one direction. */
  cut(from: string, to: string): void {
    const link = this.#link(from, to);
    if (link.cut) return;
    link.cut = true;
    const changes = (link.changes += 1);
    this.#simulation.after(NOTICE_MS, undefined, () => {
      if (link.changes === changes) this.loseConnections(from, to);
    });
  }

  /** Cuts one direction for a while. */
  cutFor(from: string, to: string, durationMs: number): void {
    this.cut(from, to);
    this.#simulation.after(durationMs, undefined, () => this.heal(from, to));
  }

  heal(from: string, to: string): void {
    const link = this.#link(from, to);
    if (!link.cut) return;
    link.cut = false;
    link.changes += 1;
    for (const proceed of link.waiting.splice(0)) proceed();
  }

  healAll(): void {
    this.doubledShare = 0;
    for (const link of this.#links) {
      this.heal(link.from, link.to);
      link.slowUntilMs = 0;
    }
  }

  /** Messages from one host to another take up to `slowMs` longer for a while. */
  slow(from: string, to: string, slowMs: number, durationMs: number): void {
    const link = this.#link(from, to);
    link.slowMs = slowMs;
    link.slowUntilMs = this.#simulation.nowMs + durationMs;
  }

  /** Calls `proceed` once when the direction is healed. */
  whenHealed(from: string, to: string, proceed: () => void): void {
    const isOneWay = !this.#link(to, from).cut;
    this.#simulation.happened(isOneWay ? "message held by a one-way cut" : "message held by a cut");
    this.#link(from, to).waiting.push(proceed);
  }

  /** A message arrives; `order` grows from one to the next sent anywhere. Only within a stream do they keep it. */
  arrived(from: string, to: string, order: number): void {
    const link = this.#link(from, to);
    if (order < link.newestArrived) this.#simulation.happened("message overtaken by a later one");
    else link.newestArrived = order;
  }

  add(connection: Connection): void {
    this.#connections.add(connection);
    const [a, b] = connection.hosts;
    if (this.connects(a, b)) return;
    this.#simulation.after(NOTICE_MS, undefined, () => {
      if (!this.connects(a, b) && this.#connections.has(connection)) connection.lose();
    });
  }

  remove(connection: Connection): void {
    this.#connections.delete(connection);
  }

  /** Every connection between the two breaks; what was under way is lost. */
  loseConnections(a: string, b: string): void {
    for (const connection of this.#connections) {
      if (connection.hosts.includes(a) && connection.hosts.includes(b)) connection.lose();
    }
  }

  #link(from: string, to: string): Link {
    const link = this.#linksFrom.get(from)?.get(to);
    return link ?? this.#newLink(from, to);
  }

  #newLink(from: string, to: string): Link {
    const link = { from, to, cut: false, changes: 0, slowUntilMs: 0, slowMs: 0, waiting: [], newestArrived: 0 };
    this.#links.push(link);
    const links = this.#linksFrom.get(from);
    if (links === undefined) this.#linksFrom.set(from, new Map([[to, link]]));
    else links.set(to, link);
    return link;
  }
}
