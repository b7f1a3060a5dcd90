/**
 * The connection this node opens to one peer for one lane: opened by the first message, reopened with backoff for as
 * long as the node runs. While it is down messages are dropped: `onOpen` makes the replica machines send anew.
 */
import type { Clock, Random, TimerHandle } from "@millrace/base";
import { Metadata, peerClient, type ClientDuplexStream, type PeerBatch, type PeerBatch__Output } from "@millrace/rpc";
import type { Lane } from "../replica/replica-host.ts";
import { helloOf, refusalOf, type PeerIdentity } from "./peer-hello.ts";
import { LaneWriter, type LaneItem } from "./lane-writer.ts";

const BACKOFF_MIN_MS = 100;
const BACKOFF_MAX_MS = 2000;
const HELLO_DEADLINE_MS = 3000;

/** What a lane works with. */
export interface OutgoingLaneParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly identity: PeerIdentity;
  readonly addressOf: (nodeId: string) => string | undefined;
  readonly onOpen: (nodeId: string) => void;
  readonly onBatch: (nodeId: string, batch: PeerBatch__Output) => void;
}

/** See the file comment. */
export class OutgoingLane {
  readonly #parts: OutgoingLaneParts;
  readonly #nodeId: string;
  readonly #lane: Lane;
  #state: "idle" | "connecting" | "open" | "down" = "idle";
  #writer: LaneWriter | undefined;
  #call: ClientDuplexStream<PeerBatch, PeerBatch__Output> | undefined;
  #closeConnection: (() => void) | undefined;
  #timer: TimerHandle | undefined;
  #failures = 0;
  #closed = false;

  constructor(nodeId: string, lane: Lane, parts: OutgoingLaneParts) {
    this.#nodeId = nodeId;
    this.#lane = lane;
    this.#parts = parts;
  }

  get queuedBytes(): number {
    return this.#writer?.queuedBytes ?? 0;
  }

  /** The peer has greeted us and takes messages. */
  get open(): boolean {
    return this.#state === "open";
  }

  /** Tried and not reached. */
  get unreachable(): boolean {
    return this.#state === "down";
  }

  push(item: LaneItem, sizeBytes: number): void {
    if (this.#state === "idle") this.#connect();
    this.#writer?.push(item, sizeBytes);
  }

  /** Tries again at once, for instance because an address became known. */
  retryNow(): void {
    if (this.#state === "down") this.#connect();
  }

  close(): void {
    this.#closed = true;
    this.#release();
  }

  #connect(): void {
    if (this.#closed) return;
    this.#timer?.cancel();
    const address = this.#parts.addressOf(this.#nodeId);
    if (address === undefined) return this.#fail();
    const client = peerClient(address);
    const metadata = new Metadata();
    metadata.set("lane", this.#lane);
    const call = client.exchange(metadata);
    this.#state = "connecting";
    this.#call = call;
    this.#closeConnection = () => client.close();
    this.#writer = new LaneWriter(() => this.#fail());
    this.#timer = this.#parts.clock.schedule(HELLO_DEADLINE_MS, () => this.#fail());
    const current = (): boolean => this.#call === call;
    call.on("data", (batch: PeerBatch__Output) => {
      if (current()) this.#received(batch);
    });
    call.on("error", () => current() && this.#fail());
    call.on("end", () => current() && this.#fail());
    call.write({ hello: helloOf(this.#parts.identity) });
  }

  #received(batch: PeerBatch__Output): void {
    if (this.#state === "connecting") {
      const refusal = batch.hello ? refusalOf(batch.hello, this.#parts.identity, this.#nodeId) : "no hello";
      if (refusal !== undefined) return this.#fail();
      this.#timer?.cancel();
      this.#state = "open";
      this.#failures = 0;
      if (this.#call) this.#writer?.attach(this.#call);
      this.#parts.onOpen(this.#nodeId);
    }
    this.#parts.onBatch(this.#nodeId, batch);
  }

  #fail(): void {
    this.#release();
    if (this.#closed) return;
    this.#state = "down";
    const backoffMs = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 8);
    const delayMs = backoffMs * (0.5 + this.#parts.random.float() / 2);
    this.#timer = this.#parts.clock.schedule(delayMs, () => this.#connect());
  }

  #release(): void {
    this.#timer?.cancel();
    const call = this.#call;
    this.#call = undefined;
    // A cancelled call still reports its end as an error event.
    call?.on("error", () => undefined);
    call?.cancel();
    this.#writer?.close();
    this.#writer = undefined;
    this.#closeConnection?.();
    this.#closeConnection = undefined;
  }
}
