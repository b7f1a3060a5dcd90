/** Metadata that are away, coordinators that die between two steps or rule without knowing that they do not. */
import { etcdLayout } from "../../../packages/coordinator/src/store/etcd-layout.ts";
import { defaultConfig } from "@millrace/runtime";
import type { Machine, SimulatedCluster } from "../cluster/simulated-cluster.ts";
import type { SimulatedEtcd } from "../etcd/simulated-etcd.ts";
import type { Dice } from "../world/dice.ts";
import type { SimulatedProcess } from "../world/simulated-process.ts";
import type { Fault } from "./fault.ts";

const ELECTION_KEY = etcdLayout(defaultConfig("coordinator", {}).etcdPrefix).election;

/** Between which two steps a coordinator dies. */
const coordinatorSteps = ["before a commit", "after a commit", "at a call", "at an answer"] as const;

function forgetSteps({ metadata, rpc }: SimulatedCluster): void {
  metadata.onCommit = undefined;
  rpc.onStep = undefined;
}

/** The kinds of this file. */
export function coordinationFaults(cluster: SimulatedCluster, dice: Dice): Fault[] {
  const { simulation, metadata } = cluster;
  const startCoordinators = (longestMs: number): void => {
    for (const machine of cluster.ofRole("coordinator")) {
      simulation.after(dice.between(50, longestMs), undefined, () => cluster.start(machine));
    }
  };
  return [
    ...(cluster.etcd === undefined ? [] : etcdFaults(cluster, cluster.etcd, dice)),
    {
      name: "metadata away",
      weight: 1,
      strike: () => {
        simulation.transcript.tell("metadata", "is away");
        metadata.unavailable = true;
        simulation.after(dice.between(100, 8000), undefined, () => {
          metadata.unavailable = false;
          startCoordinators(1000);
        });
      },
      heal: () => void (metadata.unavailable = false),
    },
    {
      name: "lost answers of metadata",
      weight: 1.5,
      strike: () => {
        metadata.lostAnswers = 1 + dice.below(4);
        startCoordinators(10_000);
      },
      heal: () => void (metadata.lostAnswers = 0),
    },
    {
      name: "coordinator dies at a step",
      weight: 2,
      strike: () => {
        let left = dice.below(12);
        const step = dice.pick(coordinatorSteps);
        const comesTo = (process: SimulatedProcess, reached: (typeof coordinatorSteps)[number]): void => {
          const machine = cluster.ofRole("coordinator").find((each) => each.process === process);
          if (machine === undefined || reached !== step) return;
          left -= 1;
          if (left >= 0) return;
          forgetSteps(cluster);
          simulation.happened(`coordinator died ${step}`);
          simulation.transcript.tell(machine.name, `dies ${step}`);
          cluster.kill(machine);
          simulation.after(dice.between(50, 5000), undefined, () => cluster.start(machine));
        };
        metadata.onCommit = (process, stored) => comesTo(process, stored ? "after a commit" : "before a commit");
        cluster.rpc.onStep = (process, answered) => comesTo(process, answered ? "at an answer" : "at a call");
      },
      heal: () => forgetSteps(cluster),
    },
  ];
}

/** What strikes coordinators that share an etcd. */
function etcdFaults(cluster: SimulatedCluster, etcd: SimulatedEtcd, dice: Dice): Fault[] {
  const { simulation, network } = cluster;
  const members = cluster.ofRole("etcd").map(({ name }) => name);
  const elected = (): Machine | undefined => {
    const address = etcd.store.get(ELECTION_KEY)?.value.toString() ?? "";
    return cluster.ofRole("coordinator").find(({ name }) => address.startsWith(`${name}:`));
  };
  const onElected = (strike: (machine: Machine) => void) => () => {
    const machine = elected();
    if (machine !== undefined) strike(machine);
  };
  return [
    {
      name: "elected coordinator dies",
      weight: 1,
      strike: onElected((machine) => {
        cluster.kill(machine);
        simulation.after(dice.between(50, 10_000), undefined, () => cluster.start(machine));
      }),
    },
    {
      name: "elected coordinator is paused",
      weight: 1.5,
      strike: onElected((machine) => {
        cluster.pause(machine);
        simulation.after(dice.between(500, 12_000), undefined, () => cluster.resume(machine));
      }),
    },
    {
      name: "elected coordinator loses etcd",
      weight: 1.5,
      strike: onElected(({ name }) => {
        const durationMs = dice.between(500, 12_000);
        const isOneWay = dice.chance(0.3);
        simulation.transcript.tell("network", `${name} does not reach etcd for ${durationMs.toFixed(0)} ms`);
        for (const member of members) {
          network.cutFor(name, member, durationMs);
          if (!isOneWay) network.cutFor(member, name, durationMs);
        }
      }),
    },
  ];
}
