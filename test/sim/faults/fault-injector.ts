/** Makes things go wrong while it runs, several at once, and puts everything right when it ends. */
import type { Operator } from "../clients/operator.ts";
import type { SimulatedCluster } from "../cluster/simulated-cluster.ts";
import type { Dice } from "../world/dice.ts";
import { clockFaults } from "./clock-faults.ts";
import { coordinationFaults } from "./coordination-faults.ts";
import { diskFaults } from "./disk-faults.ts";
import type { Fault } from "./fault.ts";
import { membershipFaults } from "./membership-faults.ts";
import { machineFaults } from "./machine-faults.ts";
import { networkFaults } from "./network-faults.ts";

/** See the file comment. */
export class FaultInjector {
  readonly #cluster: SimulatedCluster;
  readonly #dice: Dice;
  readonly #all: readonly Fault[];
  readonly #chosen: readonly Fault[];
  readonly #longestPauseMs: number;
  #running = false;

  constructor(cluster: SimulatedCluster, operator: Operator) {
    this.#cluster = cluster;
    const dice = cluster.simulation.dice.forConcern("faults");
    this.#dice = dice;
    const makers = [machineFaults, networkFaults, diskFaults, coordinationFaults, clockFaults, membershipFaults];
    this.#all = makers.flatMap((make) => make(cluster, dice, operator));
    for (const { name } of this.#all) cluster.simulation.happened(`struck: ${name}`, 0);
    // Swarm: a seed knows only half of the faults, so that runs differ in character; some strike often, some rarely.
    this.#chosen = this.#all.filter(() => dice.chance(0.5));
    this.#longestPauseMs = dice.pick([1500, 4000, 10_000]) ?? 4000;
    const names = this.#chosen.map(({ name }) => name).join(", ");
    cluster.simulation.transcript.tell("world", `faults of this seed: ${names === "" ? "none" : names}`);
  }

  begin(): void {
    this.#running = true;
    this.#next();
  }

  /** All machines run, the network is whole, disks and clocks do what they should. */
  end(): void {
    this.#running = false;
    this.#cluster.network.healAll();
    for (const fault of this.#all) fault.heal?.();
    for (const machine of this.#cluster.machines) {
      this.#cluster.resume(machine);
      this.#cluster.start(machine);
    }
  }

  #next(): void {
    this.#cluster.simulation.after(this.#dice.between(50, this.#longestPauseMs), undefined, () => {
      if (!this.#running) return;
      this.#strike();
      this.#next();
    });
  }

  #strike(): void {
    let left = this.#dice.random.float() * this.#chosen.reduce((sum, { weight }) => sum + weight, 0);
    for (const fault of this.#chosen) {
      left -= fault.weight;
      if (left >= 0) continue;
      this.#cluster.simulation.happened(`struck: ${fault.name}`);
      return fault.strike();
    }
  }
}
