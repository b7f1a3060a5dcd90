/**
 * The coordinator of a core run: the real epoch machine over a record whose changes are compare-and-sets, and its calls as
 * tasks that somebody carries out, loses or repeats, at any time.
 */
import type { CoreMutant } from "./core-mutant.ts";
import type { MutantLab } from "./mutant-lab.ts";
import type { Dice } from "../world/dice.ts";
import { activateEpoch, burnEpoch, installSet } from "../../../packages/coordinator/src/epoch/change-configuration.ts";
import { EpochMachine } from "../../../packages/coordinator/src/epoch/epoch-machine.ts";
import type {
  EpochCommand,
  EpochContext,
  EpochEvent,
  SealReport,
} from "../../../packages/coordinator/src/epoch/epoch-step.ts";
import type { ShardRecord } from "../../../packages/coordinator/src/state/cluster-state.ts";
import { logEndOf } from "../../../packages/replication/src/testing/lab-disk.ts";

const TASKS_MAX = 30;

/** A call or a compare-and-set under way. */
interface Task {
  readonly run: () => void;
  /** What the caller learns when the call is lost; undefined for a compare-and-set, which is not a message. */
  readonly lost: (() => void) | undefined;
}

/** See the file comment. */
export class CoreCoordinator {
  record: ShardRecord;
  /** Monotonic, set by whoever lets time pass. */
  nowMs = 0;
  /** Nodes it takes for dead. */
  readonly believedDown: Set<string> = new Set();
  readonly #lab: MutantLab;
  readonly #dice: Dice;
  readonly #mutant: CoreMutant | undefined;
  #machine: EpochMachine = new EpochMachine();
  #tasks: Task[] = [];
  #beforeBurn: ShardRecord | undefined;

  constructor(lab: MutantLab, dice: Dice, record: ShardRecord, mutant: CoreMutant | undefined) {
    this.#lab = lab;
    this.#dice = dice;
    this.record = record;
    this.#mutant = mutant;
  }

  get phase(): EpochMachine["phase"] {
    return this.#machine.phase;
  }

  /** Carries the oldest task out; answers whether there was one. */
  runOldest(): boolean {
    const task = this.#tasks.shift();
    task?.run();
    return task !== undefined;
  }

  /** Carries a task out, mostly the oldest. */
  runTask(): void {
    while (this.#tasks.length > TASKS_MAX) this.loseTask();
    const at = this.#dice.chance(0.6) ? 0 : this.#dice.below(this.#tasks.length);
    const [task] = this.#tasks.splice(at, 1);
    task?.run();
    // A call whose answer was lost is sometimes made again.
    if (task !== undefined && this.#dice.chance(0.05)) this.#tasks.push(task);
  }

  /** A call is lost; a compare-and-set never is. */
  loseTask(): void {
    const task = this.#dice.pick(this.#tasks.filter(({ lost }) => lost !== undefined));
    if (task === undefined) {
      this.runOldest();
      return;
    }
    this.#tasks = this.#tasks.filter((each) => each !== task);
    task.lost?.();
  }

  /** Its calls are still under way; what they answer is heard by nobody. Its compare-and-sets may be done or not. */
  crash(): void {
    this.#tasks = this.#tasks.filter(({ lost }) => lost !== undefined || this.#dice.chance(0.5));
    this.#machine = new EpochMachine();
    if (this.#mutant === "reuse an epoch" && this.#beforeBurn !== undefined) this.record = this.#beforeBurn;
    this.feed({ type: "resume" });
  }

  /** Something happened; what is to be done about it becomes tasks. */
  feed(event: EpochEvent): void {
    const machine = this.#machine;
    for (const command of machine.step(event, this.#context())) {
      const failure = failureOf(command);
      const lost = failure === undefined ? undefined : () => this.#answer(machine, failure);
      this.#tasks.push({ run: () => this.#carryOut(command, machine), lost });
    }
  }

  #answer(machine: EpochMachine, event: EpochEvent): void {
    if (machine === this.#machine) this.feed(event);
  }

  #carryOut(command: EpochCommand, machine: EpochMachine): void {
    switch (command.type) {
      case "create":
        return this.#answer(machine, { type: "created", nodeId: command.nodeId, ok: this.#isRunning(command.nodeId) });
      case "burn": {
        const after = burnEpoch(this.record, command.fromEpoch, command.toEpoch);
        if (after !== undefined) {
          this.#beforeBurn = this.record;
          this.record = after;
        }
        return this.#answer(machine, { type: "burnt", toEpoch: command.toEpoch, ok: after !== undefined });
      }
      case "activate": {
        const { epoch, leader, change } = command;
        const before = change === undefined ? this.record : { ...this.record };
        const after =
          change === undefined ? activateEpoch(before, epoch, leader) : installSet(before, epoch, leader, change);
        // Whether clients may write yet is no matter of epochs.
        if (after !== undefined) this.record = { ...after, state: "open" };
        return this.#answer(machine, { type: "activated", epoch, ok: after !== undefined });
      }
      case "seal":
        return this.#seal(command, machine);
      case "recover":
        return this.#recover(command, machine);
      case "confirm":
        if (this.#installed(command.epoch))
          this.#lab.step(command.nodeId, { type: "openConfirmed", epoch: command.epoch });
        return;
      case "handOver":
        this.#lab.step(command.nodeId, { type: "resign" });
        return this.#answer(machine, { type: "handedOver", epoch: command.epoch, ok: true });
    }
  }

  #installed(epoch: number): boolean {
    return this.record.configState === "active" && this.record.epoch === epoch;
  }

  #seal(command: Extract<EpochCommand, { type: "seal" }>, machine: EpochMachine): void {
    const { nodeId, replicaUuid, epoch } = command;
    const node = this.#lab.node(nodeId);
    const { replica } = node;
    if (replica === undefined) return this.#answer(machine, { type: "sealFailed", nodeId, epoch });
    const promisesLater = this.#mutant === "answer before the promise";
    const unsealed = this.#mutant === "skip the seal" || promisesLater;
    const acknowledges = this.#mutant === "report before earlier writes and acknowledge them";
    const reportsEarly = unsealed || acknowledges || this.#mutant === "report before earlier writes";
    const state = this.#lab.node(nodeId).disk.durable;
    const early = {
      ok: replica.replicaUuid === replicaUuid,
      replicaUuid: replica.replicaUuid,
      promisedEpoch: epoch,
      logEpoch: state.state.logEpoch,
      logEnd: logEndOf(state),
      suspect: replica.suspect,
    };
    if (acknowledges) this.#lab.acknowledgeQueued(nodeId);
    if (promisesLater) this.#tasks.push({ lost: undefined, run: () => this.#lab.seal(nodeId, epoch, replicaUuid) });
    if (!unsealed) this.#lab.seal(nodeId, epoch, replicaUuid);
    const { boot } = node;
    this.#tasks.push({
      lost: () => this.#answer(machine, { type: "sealFailed", nodeId, epoch }),
      run: () => {
        const found = reportsEarly ? early : node.reports.get(epoch);
        if (found === undefined || (!reportsEarly && node.reports.get(epoch)?.boot !== boot)) {
          return this.#answer(machine, { type: "sealFailed", nodeId, epoch });
        }
        const report = { ...found, why: "", suspect: found.suspect && this.#mutant !== "count suspects" };
        this.#answer(machine, {
          type: "sealed",
          nodeId,
          epoch,
          boot,
          report: { ...report, ...this.#lies(nodeId, report) },
        });
        if (this.#mutant === "choose from one answer") this.#answerForOthers(nodeId, report, machine);
        if (this.#mutant === "forget the promise on restart" && this.#dice.chance(0.3)) this.#restart(nodeId);
      },
    });
  }

  #lies(nodeId: string, report: SealReport): Partial<SealReport> {
    if (this.#mutant === "choose by the last frame") return { logEpoch: this.#lastFrameEpoch(nodeId, report) };
    if (this.#mutant === "choose by length alone") return { logEpoch: Math.min(1, report.logEpoch) };
    // Otherwise a blank member of the set would not be counted, which is a rule of its own.
    const counted: readonly (CoreMutant | undefined)[] = [
      "retire the old set before adoption",
      "keep the identity of a lost disk",
    ];
    if (counted.includes(this.#mutant)) return { logEpoch: Math.max(1, report.logEpoch) };
    return {};
  }

  /** A blank log stays a blank one: that it does not count is a rule of its own. */
  #lastFrameEpoch(nodeId: string, { logEpoch }: SealReport): number {
    return Math.min(logEpoch, this.#lab.node(nodeId).disk.durable.frames.at(-1)?.header.epoch ?? 1);
  }

  #restart(name: string): void {
    this.#lab.crash(name);
    this.#lab.start(name);
  }

  /** Invents the answers of the others: empty logs of the right identity. */
  #answerForOthers(
    answered: string,
    { promisedEpoch: epoch, logEpoch: known }: SealReport,
    machine: EpochMachine,
  ): void {
    for (const { nodeId, replicaUuid } of this.record.set) {
      if (nodeId === answered) continue;
      const logEpoch = Math.min(1, known);
      const report = { ok: true, why: "", replicaUuid, promisedEpoch: epoch, logEpoch, logEnd: 0, suspect: false };
      this.#answer(machine, { type: "sealed", nodeId, epoch, boot: this.#lab.node(nodeId).boot, report });
    }
  }

  #recover(command: Extract<EpochCommand, { type: "recover" }>, machine: EpochMachine): void {
    const { epoch, chosen, set, setChanges } = command;
    const { nodeId } = chosen;
    const node = this.#lab.node(nodeId);
    const failed: EpochEvent = { type: "recoverAnswered", epoch, ok: false, why: "no answer" };
    if (node.replica === undefined) return this.#answer(machine, failed);
    const loose = [
      "skip the seal",
      "choose by length alone",
      "choose by the last frame",
      "recover another log",
      "report before earlier writes",
      "report before earlier writes and acknowledge them",
      "answer before the promise",
      "choose from one answer",
      "retire the old set before adoption",
      "count suspects",
      "keep the identity of a lost disk",
    ];
    if (this.#mutant === "skip the seal") {
      this.#lab.seal(nodeId, epoch, chosen.replicaUuid);
      this.#lab.sync(nodeId);
    }
    const { replicaUuid, logEpoch, logEnd } = this.#lab.replica(nodeId);
    const now = { replicaUuid, boot: node.boot, logEpoch, logEnd };
    node.recoverAnswer = undefined;
    const reported = this.#mutant !== undefined && loose.includes(this.#mutant) ? now : chosen;
    this.#lab.recoverFrom(nodeId, epoch, { reported, set, setChanges });
    this.#tasks.push({
      lost: () => this.#answer(machine, failed),
      run: () => {
        const answer = node.recoverAnswer;
        this.#answer(machine, answer === undefined ? failed : { type: "recoverAnswered", epoch, ...answer });
      },
    });
  }

  #isRunning(name: string): boolean {
    return this.#lab.node(name).replica !== undefined;
  }

  #context(): EpochContext {
    return {
      nowMs: this.nowMs,
      record: this.record,
      isUp: (nodeId) => !this.believedDown.has(nodeId),
      bootOf: (nodeId) => this.#lab.node(nodeId).boot,
      jitter: () => 1,
      loadOf: (nodeId) => nodeId.codePointAt(0) ?? 0,
    };
  }
}

/** What a coordinator learns of a call that was lost. */
function failureOf(command: EpochCommand): EpochEvent | undefined {
  switch (command.type) {
    case "create":
      return { type: "created", nodeId: command.nodeId, ok: false };
    case "seal":
      return { type: "sealFailed", nodeId: command.nodeId, epoch: command.epoch };
    case "recover":
      return { type: "recoverAnswered", epoch: command.epoch, ok: false, why: "no answer" };
    case "handOver":
      return { type: "handedOver", epoch: command.epoch, ok: false };
    case "confirm":
      return { type: "tick" };
    case "burn":
    case "activate":
      return undefined;
    default:
      throw new Error("unknown command");
  }
}
