/** The verbs in which the scripted schedules of the tests are written. */
import { assert } from "@millrace/base";
import { frameEndOffset } from "@millrace/model";
import type { PeerMessage } from "../peer-message.ts";
import { ReplicaLab, type LabMessage, type LabSins } from "./replica-lab.ts";

/** A lab with the habits of a coordinator and of a network that works unless told otherwise. */
export class LabScript extends ReplicaLab {
  /** Nodes that neither hear nor are heard. */
  readonly cut: Set<string> = new Set();
  nowMs = 0;

  /** Three replicas of a new shard whose first leader, of epoch 1, is open and has brought up the others. */
  static threeReplicas(sins: LabSins = {}): LabScript {
    const lab = new LabScript(["A", "B", "C"], sins);
    lab.failOver(1, "A", ["A", "B", "C"]);
    return lab;
  }

  /** Delivers and syncs until nothing moves any more. */
  settle(): void {
    for (let rounds = 0; rounds < 1000; rounds += 1) {
      const before = this.messages.length;
      for (const sent of this.messages.filter((each) => this.#reachable(each))) this.deliver(sent);
      let synced = 0;
      for (const node of this.nodes.values()) {
        if (node.replica === undefined || node.disk.queue.length === 0) continue;
        synced += 1;
        this.sync(node.nodeId);
      }
      if (synced === 0 && !this.messages.some((each) => this.#reachable(each)) && before >= 0) return;
    }
    throw new Error("the lab does not come to rest");
  }

  /** Delivers only the messages that fit, once each, and syncs nobody. */
  deliverOnly(fits: (sent: LabMessage) => boolean): void {
    for (const sent of this.messages.filter(fits)) this.deliver(sent);
  }

  /** Delivers the first of the messages that fit, and syncs nobody. */
  deliverFirst(fits: (sent: LabMessage) => boolean): void {
    const first = this.messages.find(fits);
    assert(first !== undefined, "a message that fits is on its way");
    this.deliver(first);
  }

  /** Takes the messages that fit out of the network; they may be delivered by hand later. */
  hold(fits: (sent: LabMessage) => boolean): LabMessage[] {
    const held = this.messages.filter(fits);
    this.messages = this.messages.filter((sent) => !fits(sent));
    return held;
  }

  /** Time passes for everybody, in steps of a tick. */
  pass(durationMs: number): void {
    for (const until = this.nowMs + durationMs; this.nowMs < until;) {
      this.nowMs += 100;
      for (const name of this.nodes.keys()) this.step(name, { type: "tick", monotonicMs: this.nowMs });
    }
  }

  /** Seals the named nodes and waits for their answers. */
  sealAll(epoch: number, names: readonly string[]): void {
    for (const name of names) {
      this.node(name).report = undefined;
      this.seal(name, epoch);
      this.sync(name);
      assert(this.node(name).report !== undefined, `${name} answered the seal of epoch ${epoch}`);
    }
  }

  /** The greatest (log epoch, log end) among the reports, as a coordinator chooses; undefined without two that count. */
  choose(names: readonly string[]): string | undefined {
    const valid = names.filter((name) => this.node(name).report?.suspect === false);
    if (valid.length < 2) return undefined;
    return valid.sort((a, b) => this.#rank(b) - this.#rank(a))[0];
  }

  /** A whole fail-over to `leader` over `sealed`, settled. */
  failOver(epoch: number, leader: string, sealed: readonly string[]): void {
    this.sealAll(epoch, sealed);
    this.recover(leader, epoch, this.replicaNames());
    this.settle();
  }

  /** Nodes of the set the first replicas were made with. */
  replicaNames(): string[] {
    return ["A", "B", "C"];
  }

  isolate(...names: readonly string[]): void {
    for (const name of names) this.cut.add(name);
  }

  heal(): void {
    this.cut.clear();
  }

  /** `epoch@offset` of every frame as written at a node, durable or not. */
  log(name: string): string {
    return this.node(name)
      .disk.written.frames.map(({ header }) => `${header.epoch}@${header.baseOffset}`)
      .join(" ");
  }

  /** End of what the node would keep through a crash. */
  durableEnd(name: string): number {
    const { frames, emptyAt } = this.node(name).disk.durable;
    const last = frames[frames.length - 1];
    return last === undefined ? emptyAt : frameEndOffset(last.header);
  }

  /** Whether all of `names` hold the same bytes. */
  sameLogs(...names: readonly string[]): boolean {
    const logs = names.map((name) =>
      this.node(name)
        .disk.written.frames.map((frame) => frame.bytes.toString("hex"))
        .join(),
    );
    return logs.every((each) => each === logs[0]);
  }

  #rank(name: string): number {
    const report = this.node(name).report;
    return report === undefined ? -1 : report.logEpoch * 1_000_000 + report.logEnd;
  }

  #reachable(sent: LabMessage): boolean {
    return !this.cut.has(sent.from) && !this.cut.has(sent.to) && this.node(sent.to).replica !== undefined;
  }
}

/** Messages of `kind` from one node to another; leave out what does not matter. */
export function messages(
  kind: PeerMessage["kind"],
  ends: { readonly from?: string; readonly to?: string } = {},
): (sent: LabMessage) => boolean {
  return ({ from, to, message }) =>
    message.kind === kind &&
    (ends.from === undefined || from === ends.from) &&
    (ends.to === undefined || to === ends.to);
}
