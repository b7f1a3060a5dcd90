/** Makes things go wrong while it runs, and puts everything right when it ends. */
import type { Machine, SimulatedCluster } from "../cluster/simulated-cluster.ts";
import type { Dice } from "../world/dice.ts";

/** See the file comment. */
export class FaultInjector {
  readonly #cluster: SimulatedCluster;
  readonly #dice: Dice;
  #running = false;

  constructor(cluster: SimulatedCluster) {
    this.#cluster = cluster;
    this.#dice = cluster.simulation.dice.forConcern("faults");
  }

  begin(): void {
    this.#running = true;
    this.#next();
  }

  /** All machines run, the network is whole. */
  end(): void {
    this.#running = false;
    this.#cluster.network.healAll();
    for (const machine of this.#cluster.machines) {
      this.#cluster.resume(machine);
      this.#cluster.start(machine);
    }
  }

  #next(): void {
    this.#cluster.simulation.after(this.#dice.between(500, 8000), undefined, () => {
      if (!this.#running) return;
      this.#strike();
      this.#next();
    });
  }

  #strike(): void {
    const machine = this.#dice.pick(this.#cluster.machines);
    if (machine === undefined) return;
    const kind = this.#dice.below(3);
    if (kind === 0) this.#cluster.kill(machine);
    else if (kind === 1) this.#cluster.losePower(machine);
    else this.#cluster.pause(machine);
    this.#later(machine);
  }

  #later(machine: Machine): void {
    this.#cluster.simulation.after(this.#dice.between(100, 15_000), undefined, () => {
      this.#cluster.resume(machine);
      this.#cluster.start(machine);
    });
  }
}
