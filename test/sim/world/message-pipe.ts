/** One direction of one call: messages in order, each after its delay, held while the link is cut or the reader pauses. */
import type { SimulatedNetwork } from "./simulated-network.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import type { Simulation } from "./simulation.ts";

/** gRPC's flow control window as `rpc` configures it. */
const RPC_WINDOW_BYTES = 1024 * 1024;

/** What flows. */
export type Piped =
  | { readonly kind: "message"; readonly bytes: Buffer }
  /** The sender has finished. */
  | { readonly kind: "end" }
  | { readonly kind: "failure"; readonly code: number; readonly details: string };

/** Who sends and who receives, and from which host to which. */
export interface PipeEnds {
  readonly from: string;
  readonly to: string;
  /** Either may not be known when the first message is sent. */
  readonly sender: () => SimulatedProcess | undefined;
  readonly receiver: () => SimulatedProcess | undefined;
  /** Bytes under way above which the sender is asked to wait; gRPC's unless given. */
  readonly windowBytes?: number;
}

interface Queued {
  readonly piped: Piped;
  readonly readyMs: number;
  readonly taken: (() => void) | undefined;
  /** When it was sent, among all messages. */
  readonly order: number;
}

/** See the file comment. */
export class MessagePipe {
  readonly #simulation: Simulation;
  readonly #network: SimulatedNetwork;
  readonly #ends: PipeEnds;
  readonly #deliver: (piped: Piped) => void;
  #queue: Queued[] = [];
  #lastReadyMs = 0;
  #bytes = 0;
  readonly #windowBytes: number;
  #wantsDrain = false;
  #stopped = false;
  paused = false;
  onDrain: (() => void) | undefined;

  constructor(
    world: { readonly simulation: Simulation; readonly network: SimulatedNetwork },
    ends: PipeEnds,
    deliver: (piped: Piped) => void,
  ) {
    this.#simulation = world.simulation;
    this.#network = world.network;
    this.#ends = ends;
    this.#windowBytes = ends.windowBytes ?? RPC_WINDOW_BYTES;
    this.#deliver = deliver;
  }

  /** False asks the sender to wait for `onDrain`. `taken` is called when the receiver has the message. */
  send(piped: Piped, taken?: () => void): boolean {
    if (this.#stopped) return true;
    const { from, to, receiver } = this.#ends;
    const delayMs = this.#network.delayMs(from, to);
    const readyMs = Math.max(this.#lastReadyMs, this.#simulation.nowMs + delayMs);
    this.#lastReadyMs = readyMs;
    this.#queue.push({ piped, readyMs, taken, order: this.#network.nextOrder() });
    if (piped.kind === "message") this.#bytes += piped.bytes.length;
    this.#simulation.after(readyMs - this.#simulation.nowMs, receiver(), () => this.pump());
    if (this.#bytes <= this.#windowBytes) return true;
    this.#wantsDrain = true;
    return false;
  }

  /** Delivers what may be delivered now. */
  pump(): void {
    const { from, to } = this.#ends;
    while (!this.#stopped && !this.paused) {
      const [next] = this.#queue;
      if (next === undefined || next.readyMs > this.#simulation.nowMs) return;
      if (this.#network.isCut(from, to)) return this.#network.whenHealed(from, to, () => this.pumpSoon());
      this.#queue.shift();
      this.#network.arrived(from, to, next.order);
      this.#taken(next);
      this.#deliver(next.piped);
    }
  }

  /** As {@link pump}, as an event of the receiver. */
  pumpSoon(): void {
    this.#simulation.after(0, this.#ends.receiver(), () => this.pump());
  }

  /** Nothing more arrives. */
  stop(): void {
    const lost = this.#queue.filter(({ piped }) => piped.kind === "message").length;
    if (lost > 0) this.#simulation.happened("message lost with its connection", lost);
    this.#stopped = true;
    this.#queue = [];
  }

  #taken({ piped, taken }: Queued): void {
    const sender = this.#ends.sender();
    if (taken !== undefined) this.#simulation.after(0, sender, taken);
    if (piped.kind !== "message") return;
    this.#bytes -= piped.bytes.length;
    if (!this.#wantsDrain || this.#bytes > this.#windowBytes / 2) return;
    this.#wantsDrain = false;
    this.#simulation.after(0, sender, () => this.onDrain?.());
  }
}
