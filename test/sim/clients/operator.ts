/** Somebody who runs the cluster: asks the elected coordinator for what the `millrace` command asks it. */
import { ActiveCoordinator, callUnary, type OperateReply__Output, type OperateRequest } from "@millrace/rpc";
import type { ClusterView, NodeView, Operations } from "@millrace/coordinator";
import type { Machine, SimulatedCluster } from "../cluster/simulated-cluster.ts";
import { SimulatedProcess } from "../world/simulated-process.ts";

const FIND_TIMEOUT_MS = 5000;
const CALL_TIMEOUT_MS = 5000;
const LOOK_EVERY_MS = 500;

/** See the file comment. */
export class Operator {
  readonly #cluster: SimulatedCluster;
  readonly #process: SimulatedProcess;
  #coordinator: ActiveCoordinator | undefined;
  /** Changes that were begun and neither answered nor given up. */
  #changing = 0;
  /** Machines whose drain is being ended. */
  readonly #undraining = new Set<Machine>();

  constructor(cluster: SimulatedCluster) {
    this.#cluster = cluster;
    this.#process = new SimulatedProcess(cluster.simulation, "operator");
  }

  /** Asks once, and tells `answered` what came of it: undefined when it was refused or nobody knows. */
  ask<Name extends keyof Operations>(
    operation: Name,
    input: Operations[Name]["input"],
    answered: (output: Operations[Name]["output"] | undefined) => void,
  ): void {
    const { simulation } = this.#cluster;
    simulation.after(0, this.#process, () => {
      this.#call(operation, input).then(
        (output) => answered(output as Operations[Name]["output"]),
        (error: unknown) => {
          simulation.transcript.tell("operator", `${operation} failed: ${String(error)}`);
          answered(undefined);
        },
      );
    });
  }

  /** Nothing that was asked for is on its way: what is asked for next is the last word. */
  get isIdle(): boolean {
    return this.#changing === 0 && this.#undraining.size === 0;
  }

  /** Asks once for something to be done about the node on a machine, if the coordinator knows one there. */
  change(machine: Machine, operation: "node.drain" | "node.undrain" | "node.decommission"): void {
    this.#changing += 1;
    const end = (): void => void (this.#changing -= 1);
    this.ask("cluster.status", {}, (view) => {
      const node = nodeOn(view, machine);
      // To undrain a node that is being decommissioned would keep it.
      if (node === undefined || (operation === "node.undrain" && node.duty !== "draining")) return end();
      this.#cluster.simulation.transcript.tell("operator", `${operation} ${machine.name}`);
      this.ask(operation, { nodeId: node.nodeId }, end);
    });
  }

  /** Ends the drain of a machine, however often it takes to ask and whichever change is still on its way. */
  insistOnUndrain(machine: Machine): void {
    const { checks, simulation } = this.#cluster;
    this.#undraining.add(machine);
    const look = (): void => {
      const node = checks.nodeAt(this.#cluster.addressOf(machine));
      if (node?.duty === "draining") this.ask("node.undrain", { nodeId: node.nodeId }, again);
      else if (this.#changing > 0) again();
      else this.#undraining.delete(machine);
    };
    const again = (): void => void simulation.after(LOOK_EVERY_MS, this.#process, look);
    again();
  }

  /** Looks again and again until the status satisfies; answers the last one seen after `limitMs` at most. */
  async until(isReached: (view: ClusterView) => boolean, limitMs: number): Promise<boolean> {
    const { simulation } = this.#cluster;
    let reached = false;
    const look = (): void => {
      this.ask("cluster.status", {}, (view) => {
        if (view !== undefined && isReached(view)) reached = true;
        else simulation.after(LOOK_EVERY_MS, this.#process, look);
      });
    };
    look();
    return simulation.until(() => reached, limitMs);
  }

  async #call(operation: string, input: object): Promise<unknown> {
    const addresses = this.#cluster.ofRole("coordinator").map((machine) => this.#cluster.addressOf(machine));
    this.#coordinator ??= new ActiveCoordinator(addresses, this.#process.clock);
    const known = await this.#coordinator.find(FIND_TIMEOUT_MS);
    if (known === undefined) throw new Error("no coordinator is elected");
    try {
      const reply = await callUnary<OperateRequest, OperateReply__Output>(
        (request, options, done) => known.client.operate(request, options, done),
        { operation, inputJson: Buffer.from(JSON.stringify(input)) },
        CALL_TIMEOUT_MS,
      );
      return JSON.parse(reply.outputJson.toString());
    } catch (error) {
      this.#coordinator.doubt(known);
      throw error;
    }
  }
}

/** The node that last registered from a machine. */
export function nodeOn(view: ClusterView | undefined, { name }: Machine): NodeView | undefined {
  return view?.nodes.findLast(({ address, alive }) => alive && address.startsWith(`${name}:`));
}
