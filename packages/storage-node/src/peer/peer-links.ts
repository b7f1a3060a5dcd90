/**
 * All lanes to all peers. Questions go over connections this node opens; answers (acks, rejections, reports of a log)
 * can go back over the stream their question came on, so that a follower needs no map to be useful to its leader.
 */
import type { PeerMessage } from "@millrace/replication";
import { encodePeerMessage, peerMessageBytes, type PeerAddressing } from "@millrace/rpc";
import type { Lane, PeerSender } from "../replica/replica-host.ts";
import type { LaneItem, LaneWriter } from "./lane-writer.ts";
import { OutgoingLane, type OutgoingLaneParts } from "./outgoing-lane.ts";

/** Peers a node keeps connections to; a cluster has fewer nodes, and messages to more are dropped. */
const PEERS_MAX = 1024;
/** An answer does not wait behind more than this. */
const SHARED_BYTES_MAX = 64 * 1024;

/** See the file comment. */
export class PeerLinks implements PeerSender {
  readonly #parts: OutgoingLaneParts;
  readonly #outgoing = new Map<string, OutgoingLane>();
  readonly #incoming = new Map<string, LaneWriter>();

  constructor(parts: OutgoingLaneParts) {
    this.#parts = parts;
  }

  send(to: string, lane: Lane, addressing: PeerAddressing, message: PeerMessage): void {
    const item = { envelope: encodePeerMessage(addressing, message) };
    const sizeBytes = peerMessageBytes(message);
    const answers = message.kind === "ack" || message.kind === "reject" || message.kind === "probeReply";
    if (answers) this.answer(to, lane, item, sizeBytes);
    else this.ask(to, lane, item, sizeBytes);
  }

  /** Queues `item` on the connection this node opens. */
  ask(to: string, lane: Lane, item: LaneItem, sizeBytes: number): void {
    this.#laneTo(to, lane)?.push(item, sizeBytes);
  }

  /**
   * Queues `item` on our own stream to `to` when that is open and has little to carry, so that it shares a message with what
   * goes there anyway; else on the stream `to` opened; on ours when there is none.
   */
  answer(to: string, lane: Lane, item: LaneItem, sizeBytes: number): void {
    const own = this.#outgoing.get(`${to}/${lane}`);
    if (own?.open === true && own.queuedBytes <= SHARED_BYTES_MAX) return own.push(item, sizeBytes);
    const incoming = this.#incomingOf(to, lane);
    if (incoming) incoming.push(item, sizeBytes);
    else this.ask(to, lane, item, sizeBytes);
  }

  /** A peer opened a stream to us: answers to it use `writer` until it is gone. */
  addIncoming(from: string, lane: Lane, writer: LaneWriter): void {
    this.#incoming.set(`${from}/${lane}`, writer);
  }

  removeIncoming(from: string, lane: Lane, writer: LaneWriter): void {
    if (this.#incoming.get(`${from}/${lane}`) === writer) this.#incoming.delete(`${from}/${lane}`);
  }

  /** Nodes this one tries to reach and does not. */
  unreachable(): string[] {
    const nodes = new Set<string>();
    for (const [key, lane] of this.#outgoing) if (lane.unreachable) nodes.add(key.slice(0, key.lastIndexOf("/")));
    return [...nodes];
  }

  queuedBytesTo(to: string, lane: Lane): number {
    return this.#outgoing.get(`${to}/${lane}`)?.queuedBytes ?? 0;
  }

  queuedBytes(): number {
    let total = 0;
    for (const lane of this.#outgoing.values()) total += lane.queuedBytes;
    for (const writer of this.#incoming.values()) total += writer.queuedBytes;
    return total;
  }

  /** Addresses may have changed. */
  retryNow(): void {
    for (const lane of this.#outgoing.values()) lane.retryNow();
  }

  close(): void {
    for (const lane of this.#outgoing.values()) lane.close();
    this.#outgoing.clear();
  }

  #incomingOf(to: string, lane: Lane): LaneWriter | undefined {
    return (
      this.#incoming.get(`${to}/${lane}`) ??
      this.#incoming.get(`${to}/live`) ??
      this.#incoming.get(`${to}/control`) ??
      this.#incoming.get(`${to}/catchUp`)
    );
  }

  #laneTo(to: string, lane: Lane): OutgoingLane | undefined {
    const key = `${to}/${lane}`;
    const known = this.#outgoing.get(key);
    if (known !== undefined || this.#outgoing.size >= PEERS_MAX * 3) return known;
    const opened = new OutgoingLane(to, lane, this.#parts);
    this.#outgoing.set(key, opened);
    return opened;
  }
}
