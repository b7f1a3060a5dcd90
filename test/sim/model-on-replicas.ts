/**
 * Executes the model's steps on real replicas: a step that is one in the model (a message and its answer, a write and its
 * sync) is delivered whole, and nothing else moves. Afterwards both must agree on promise, log epoch, log and commits.
 */
import { assert } from "@millrace/base";
import { LabScript, messages } from "../../packages/replication/src/testing/lab-script.ts";
import { members, type ModelAction, type ModelState } from "./exhaustive-model.ts";

const NAMES = ["A", "B", "C"];

/** Whether the model's step is one that a real process takes: its leaders step down as soon as they promise more. */
export function isRealStep(state: ModelState, action: ModelAction): boolean {
  const leader = state.leaders[action.epoch];
  switch (action.kind) {
    case "begin":
    case "seal":
    case "lead":
      return true;
    case "open":
    case "commit":
      // A real leader opens and commits by itself as soon as it may; the harness does so after every step.
      return false;
    case "crash":
      return leads(state, action.epoch);
    case "sync":
    case "append": {
      // A real leader copies all that fits into a chunk, and the model's records are small.
      const own = state.nodes[leader?.node ?? -1]?.log.length ?? 0;
      const copied = action.kind === "sync" ? action.logEnd : (state.nodes[action.node]?.log.length ?? 0) + 1;
      return leads(state, action.epoch) && copied === own;
    }
    default:
      return leads(state, action.epoch);
  }
}

/** The steps a real leader would take now by itself: open, then commit. */
export function ownSteps(actions: readonly ModelAction[], state: ModelState): ModelAction | undefined {
  return actions.find(({ kind, epoch }) => (kind === "open" || kind === "commit") && leads(state, epoch));
}

function leads(state: ModelState, epoch: number): boolean {
  const leader = state.leaders[epoch];
  return leader !== undefined && leader.node >= 0 && state.nodes[leader.node]?.promised === epoch;
}

/** See the file comment. Node i of the model is NAMES[i]. */
export class ModelOnReplicas {
  readonly lab: LabScript = LabScript.threeReplicas();

  apply(before: ModelState, action: ModelAction): void {
    const { lab } = this;
    const { epoch } = action;
    const leader = before.leaders[epoch]?.node ?? -1;
    switch (action.kind) {
      case "begin":
      case "open":
      case "commit":
        return;
      case "seal":
        lab.seal(nameOf(action.node), epoch);
        return lab.sync(nameOf(action.node));
      case "lead": {
        const report = lab.node(nameOf(action.node)).reports.get(epoch);
        assert(report !== undefined, "a leader has reported its log");
        const set = NAMES.map((name) => lab.memberOf(name));
        lab.recoverFrom(nameOf(action.node), epoch, { reported: report, set, setChanges: false });
        lab.sync(nameOf(action.node));
        lab.messages = [];
        return;
      }
      case "crash":
        lab.crash(nameOf(leader));
        lab.start(nameOf(leader));
        lab.messages = [];
        return;
      case "put":
        lab.append(nameOf(leader), "record");
        lab.sync(nameOf(leader));
        lab.messages = [];
        return;
      case "sync":
      case "append":
        return this.#bring(nameOf(leader), nameOf(action.node));
      default:
    }
  }

  /** Throws when model and replicas differ. */
  compare(state: ModelState): void {
    for (const [index, node] of state.nodes.entries()) {
      const name = nameOf(index);
      const { frames, state: stored } = this.lab.node(name).disk.durable;
      const log = frames.map(({ header }) => String(header.epoch)).join("");
      const real = `promised ${stored.promisedEpoch} adopted ${stored.logEpoch} log ${log}`;
      const model = `promised ${node.promised} adopted ${node.logEpoch} log ${node.log}`;
      assert(real === model, `${name}: replica has ${real}, the model ${model}`);
    }
    assert(
      this.lab.committed.end === state.committed.length,
      `${this.lab.committed.end} committed, ${state.committed}`,
    );
    for (const [epoch, leader] of state.leaders.entries()) {
      if (leader === undefined || leader.node < 0 || !leads(state, epoch)) continue;
      const { role } = this.lab.replica(nameOf(leader.node));
      assert(role === (leader.open ? "leading" : "recovering"), `${nameOf(leader.node)} is ${role} in epoch ${epoch}`);
    }
  }

  /** A new connection between the two: the leader asks, copies or continues until the peer has all it has. */
  #bring(leader: string, peer: string): void {
    const { lab } = this;
    lab.step(leader, { type: "peerConnected", nodeId: peer });
    for (let round = 0; round < 20; round += 1) {
      lab.deliverOnly(messages("probe", { from: leader, to: peer }));
      lab.deliverOnly(messages("catchUp", { from: leader, to: peer }));
      lab.deliverOnly(messages("append", { from: leader, to: peer }));
      lab.sync(peer);
      lab.deliverOnly((sent) => sent.from === peer && sent.to === leader);
    }
    assert(lab.messages.length === 0, "a step leaves nothing under way");
  }
}

/** The epochs and nodes of a schedule in one line, for a failing test to print. */
export function describeSchedule(schedule: readonly ModelAction[]): string {
  return schedule
    .map((action) => {
      const at = "node" in action ? ` at ${nameOf(action.node)}` : "";
      const set = "target" in action ? ` for ${members(action.target).map(nameOf).join("")}` : "";
      return `${action.kind} ${action.epoch}${at}${set}`;
    })
    .join("; ");
}

function nameOf(node: number): string {
  const name = NAMES[node];
  assert(name !== undefined, "the model has three nodes");
  return name;
}
