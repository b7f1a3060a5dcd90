/** One epoch machine with hand-driven nodes and a record whose compare-and-sets the test carries out. For tests only. */
import type { ShardRecord } from "../../state/cluster-state.ts";
import { activateEpoch, burnEpoch, installSet } from "../change-configuration.ts";
import { EpochMachine } from "../epoch-machine.ts";
import type { EpochCommand, EpochContext, EpochEvent, SealReport } from "../epoch-step.ts";

/** A shard on nodes a, b, c with replicas `uuid-a`, `uuid-b`, `uuid-c`. */
export function shardRecord(overrides: Partial<ShardRecord> = {}): ShardRecord {
  return {
    shardUid: 1,
    streamUid: 1,
    shardIndex: 0,
    startingHashKey: "0",
    endingHashKey: "1",
    state: "creating",
    createdSeconds: 0,
    parentShardUids: [],
    parentShardIds: [],
    closedMs: 0,
    endOffset: 0,
    epoch: 0,
    configState: "unplaced",
    leader: "",
    set: ["a", "b", "c"].map((nodeId) => ({ nodeId, replicaUuid: `uuid-${nodeId}`, zone: `zone-${nodeId}` })),
    ...overrides,
  };
}

type CasCommand = Extract<EpochCommand, { readonly type: "burn" | "activate" }>;

/** See the file comment. */
export class EpochLab {
  readonly machine: EpochMachine = new EpochMachine();
  record: ShardRecord;
  preferred = "";
  nowMs = 1_000;
  #commands: EpochCommand[] = [];
  readonly #down = new Set<string>();
  readonly #cas = new Map<CasCommand["type"], CasCommand>();

  constructor(record: ShardRecord) {
    this.record = record;
  }

  feed(...events: readonly EpochEvent[]): void {
    for (const event of events) this.#commands.push(...this.machine.step(event, this.#context()));
  }

  /** The node dies and everybody knows. */
  down(nodeId: string): void {
    this.#down.add(nodeId);
    this.feed({ type: "nodeDown", nodeId });
  }

  up(nodeId: string): void {
    this.#down.delete(nodeId);
    this.feed({ type: "nodeUp", nodeId });
  }

  /** Time passes, in ticks of 100 ms. */
  pass(durationMs: number): void {
    for (const endMs = this.nowMs + durationMs; this.nowMs < endMs;) {
      this.nowMs += 100;
      this.feed({ type: "tick" });
    }
  }

  /** An answer to Seal; what is not given is as a healthy member of the set answers. */
  sealed(nodeId: string, report: Partial<SealReport>, epoch: number = this.record.epoch): void {
    const healthy = { ok: true, why: "", suspect: false, logEpoch: 0, logEnd: 0, promisedEpoch: epoch };
    const full: SealReport = { ...healthy, replicaUuid: `uuid-${nodeId}`, ...report };
    this.feed({ type: "sealed", nodeId, epoch, boot: 1, report: full });
  }

  /** Carries out the compare-and-sets that were asked for and not taken yet. */
  carryOutCas(): void {
    this.feedCas("burn");
    this.feedCas("activate");
  }

  /** Also asks the machine's last word again: a command that was taken may still be carried out. */
  feedCas(type: "burn" | "activate"): void {
    const command = this.#lastCas(type);
    if (command === undefined) return;
    const after =
      command.type === "burn"
        ? burnEpoch(this.record, command.fromEpoch, command.toEpoch)
        : command.change === undefined
          ? activateEpoch(this.record, command.epoch, command.leader)
          : installSet(this.record, command.epoch, command.leader, command.change);
    const ok = after !== undefined;
    if (ok) this.record = after;
    if (command.type === "burn") this.feed({ type: "burnt", toEpoch: command.toEpoch, ok });
    else this.feed({ type: "activated", epoch: command.epoch, ok });
  }

  /** The commands since the last call, in short words. */
  take(): string[] {
    const taken = this.#commands;
    for (const command of taken) this.#remember(command);
    this.#commands = [];
    return taken.map(inWords);
  }

  #remember(command: EpochCommand): void {
    if (command.type === "burn" || command.type === "activate") this.#cas.set(command.type, command);
  }

  #lastCas(type: CasCommand["type"]): CasCommand | undefined {
    for (const command of this.#commands) this.#remember(command);
    this.#commands = this.#commands.filter((command) => command.type !== type);
    const command = this.#cas.get(type);
    this.#cas.delete(type);
    return command;
  }

  #context(): EpochContext {
    return {
      nowMs: this.nowMs,
      record: this.record,
      isUp: (nodeId) => !this.#down.has(nodeId),
      bootOf: () => 1,
      jitter: () => 1,
      loadOf: (nodeId) => (nodeId === this.preferred ? 0 : 1),
    };
  }
}

function inWords(command: EpochCommand): string {
  if (command.type === "burn") return `burn ${command.fromEpoch}→${command.toEpoch}`;
  if (command.type === "activate") {
    return `${command.change === undefined ? "activate" : "install"} ${command.leader}@${command.epoch}`;
  }
  if (command.type === "handOver") return `hand over ${command.nodeId}@${command.epoch} to ${command.toReplicaUuid}`;
  if (command.type !== "recover") return `${command.type} ${command.nodeId}@${command.epoch}`;
  const { nodeId, logEpoch, logEnd } = command.chosen;
  const target = command.setChanges ? ` with ${command.set.map((member) => member.nodeId).join()}` : "";
  return `recover ${nodeId}@${command.epoch} ${logEpoch}/${logEnd}${target}`;
}
