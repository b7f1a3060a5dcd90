/** Links that are cut, in one direction or both, for good or on and off; links that are slow; connections that break. */
import type { SimulatedCluster } from "../cluster/simulated-cluster.ts";
import type { Dice } from "../world/dice.ts";
import type { Fault } from "./fault.ts";

const LONGEST_CUT_MS = 15_000;

/** The kinds of this file. */
export function networkFaults(cluster: SimulatedCluster, dice: Dice): Fault[] {
  const { simulation, network } = cluster;
  const tell = (what: string): void => simulation.transcript.tell("network", what);
  const names = (): string[] => cluster.machines.filter(({ isGone }) => !isGone).map(({ name }) => name);
  const twoHosts = (): [string, string] => {
    const a = dice.pick(names()) ?? "";
    const b = dice.pick(names().filter((name) => name !== a)) ?? a;
    return [a, b];
  };
  return [
    {
      name: "isolated machine",
      weight: 1.5,
      strike: () => {
        const alone = dice.pick(names()) ?? "";
        const durationMs = dice.between(100, LONGEST_CUT_MS);
        tell(`${alone} is cut off for ${durationMs.toFixed(0)} ms`);
        for (const name of names()) {
          if (name === alone) continue;
          network.cutFor(alone, name, durationMs);
          network.cutFor(name, alone, durationMs);
        }
      },
    },
    {
      name: "pair cut",
      weight: 1.5,
      strike: () => {
        const [a, b] = twoHosts();
        const durationMs = dice.between(100, LONGEST_CUT_MS);
        tell(`${a} and ${b} do not reach each other for ${durationMs.toFixed(0)} ms`);
        network.cutFor(a, b, durationMs);
        network.cutFor(b, a, durationMs);
      },
    },
    {
      name: "one-way cut",
      weight: 1.5,
      strike: () => {
        const [from, to] = twoHosts();
        const durationMs = dice.between(100, LONGEST_CUT_MS);
        tell(`nothing of ${from} reaches ${to} for ${durationMs.toFixed(0)} ms`);
        network.cutFor(from, to, durationMs);
      },
    },
    {
      name: "flapping link",
      weight: 1,
      strike: () => {
        const [a, b] = twoHosts();
        tell(`the link between ${a} and ${b} flaps`);
        for (let round = 0; round < 8; round += 1) {
          simulation.after(round * dice.between(100, 1200), undefined, () => {
            const durationMs = dice.between(20, 800);
            network.cutFor(a, b, durationMs);
            if (dice.chance(0.6)) network.cutFor(b, a, durationMs);
          });
        }
      },
    },
    {
      name: "slow link",
      weight: 1.5,
      strike: () => {
        const [from, to] = twoHosts();
        const slowMs = dice.between(50, 5000);
        tell(`messages from ${from} to ${to} take up to ${slowMs.toFixed(0)} ms longer`);
        network.slow(from, to, slowMs, dice.between(500, 10_000));
      },
    },
    {
      name: "doubled requests",
      weight: 1,
      strike: () => {
        network.doubledShare = dice.between(0.05, 0.5);
        tell(`${(network.doubledShare * 100).toFixed(0)} % of requests arrive twice`);
        simulation.after(dice.between(500, 10_000), undefined, () => void (network.doubledShare = 0));
      },
    },
    {
      name: "broken connections",
      weight: 2,
      strike: () => {
        const [a, b] = twoHosts();
        tell(`connections between ${a} and ${b} break`);
        network.loseConnections(a, b);
      },
    },
  ];
}
