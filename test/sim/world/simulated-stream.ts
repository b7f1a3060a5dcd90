/** A reply that goes on, from a gateway to a client: its bytes in order, held back until the client reads and while it does not. */
import type { ReplySink } from "@millrace/gateway";
import { MessagePipe, type Piped } from "./message-pipe.ts";
import { NOTICE_MS, type Connection, type SimulatedNetwork } from "./simulated-network.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import type { Simulation } from "./simulation.ts";

/** What Node and the kernel together buffer of a reply that nobody reads, scaled down to the traffic of a simulation. */
const WINDOW_BYTES = 4096;
/** Writes that may still come after the sink asked to wait: what was under way, signs of life, one chunk of each new leader. */
const OVERRUN_WRITES_MAX = 32;

/** One end of a stream. */
export interface StreamEnd {
  readonly host: string;
  readonly process: SimulatedProcess;
}

/** See the file comment. */
export class SimulatedStream implements ReplySink, Connection {
  readonly hosts: readonly [string, string];
  /** What the client does with what arrives, once it has resumed. `onEnd` fires once, however it ended. */
  onData: (bytes: Buffer) => void = () => undefined;
  onEnd: () => void = () => undefined;
  readonly #world: { readonly simulation: Simulation; readonly network: SimulatedNetwork };
  readonly #server: StreamEnd;
  readonly #client: StreamEnd;
  readonly #pipe: MessagePipe;
  readonly #forget: readonly (() => void)[];
  #onClose: () => void = () => undefined;
  #waitedFor = false;
  #overrunWrites = 0;
  #over = false;

  constructor(
    world: { readonly simulation: Simulation; readonly network: SimulatedNetwork },
    server: StreamEnd,
    client: StreamEnd,
  ) {
    this.#world = world;
    this.#server = server;
    this.#client = client;
    this.hosts = [server.host, client.host];
    const ends = { sender: () => server.process, receiver: () => client.process, windowBytes: WINDOW_BYTES };
    this.#pipe = new MessagePipe(world, { ...ends, from: server.host, to: client.host }, (piped) => this.#take(piped));
    this.#pipe.paused = true;
    world.network.add(this);
    this.#forget = [server.process.onDeath(() => this.lose()), client.process.onDeath(() => this.lose())];
  }

  write(bytes: Uint8Array): boolean {
    if (this.#over) return true;
    if (this.#waitedFor) this.#overran();
    const goesOn = this.#pipe.send({ kind: "message", bytes: Buffer.from(bytes) });
    if (!goesOn && !this.#waitedFor) this.#world.simulation.happened("subscription held back by a slow reader");
    this.#waitedFor = !goesOn;
    return goesOn;
  }

  end(): void {
    if (!this.#over) this.#pipe.send({ kind: "end" });
  }

  onDrain(callback: () => void): void {
    this.#pipe.onDrain = () => {
      this.#waitedFor = false;
      this.#overrunWrites = 0;
      callback();
    };
  }

  onClose(callback: () => void): void {
    this.#onClose = callback;
  }

  /** The client does not read for a while. */
  pause(): void {
    this.#pipe.paused = true;
  }

  resume(): void {
    this.#pipe.paused = false;
    this.#pipe.pumpSoon();
  }

  /** The client goes. */
  close(): void {
    const { simulation, network } = this.#world;
    const [server, client] = this.hosts;
    if (!this.#finish()) return;
    const noticeMs = network.isCut(client, server) ? NOTICE_MS : 0;
    simulation.after(noticeMs + network.delayMs(client, server), this.#server.process, () => this.#onClose());
  }

  lose(): void {
    const { simulation } = this.#world;
    if (!this.#finish()) return;
    simulation.after(0, this.#server.process, () => this.#onClose());
    simulation.after(0, this.#client.process, () => this.onEnd());
  }

  #take(piped: Piped): void {
    if (this.#over) return;
    if (piped.kind === "message") return this.onData(piped.bytes);
    this.#finish();
    this.onEnd();
    this.#world.simulation.after(0, this.#server.process, () => this.#onClose());
  }

  #overran(): void {
    this.#overrunWrites += 1;
    if (this.#overrunWrites <= OVERRUN_WRITES_MAX) return;
    this.#world.simulation.violate(new Error(`${this.#server.host} goes on writing to a reader that does not read`));
  }

  /** Answers whether it was not over before. */
  #finish(): boolean {
    if (this.#over) return false;
    this.#over = true;
    for (const forget of this.#forget) forget();
    this.#world.network.remove(this);
    this.#pipe.stop();
    return true;
  }
}
