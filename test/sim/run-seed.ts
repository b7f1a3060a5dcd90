/** One seed: a cluster, clients, faults for a while (safety), then none (liveness), then everything is compared. */
import { sleep } from "@millrace/base";
import { requireThreeCopies } from "./checks/copies.ts";
import { requireDrain, requireHealth, requireRest } from "./checks/health.ts";
import { History } from "./checks/history.ts";
import { watchHoldings } from "./checks/holdings.ts";
import { HorizonWatch } from "./clients/horizon-watch.ts";
import { requireEmptyQueues, watchQueues } from "./checks/queues.ts";
import { Operator } from "./clients/operator.ts";
import { Producer } from "./clients/producer.ts";
import { Reader } from "./clients/reader.ts";
import { Resharder } from "./clients/resharder.ts";
import { SdkClient } from "./clients/sdk-client.ts";
import { Subscriber } from "./clients/subscriber.ts";
import { APPEND_QUEUE_BYTES, SimulatedCluster, type ClusterShape } from "./cluster/simulated-cluster.ts";
import { FaultInjector } from "./faults/fault-injector.ts";
import { plant, type FullStackMutant } from "./full-stack-mutant.ts";
import type { Dice } from "./world/dice.ts";
import { Simulation } from "./world/simulation.ts";

/** What a run did. */
export interface RunReport {
  /** How often what happened, by name. */
  readonly tally: Readonly<Record<string, number>>;
  readonly digest: string;
  readonly transcript: readonly string[];
}

/** How long each phase lasts, in simulated milliseconds. */
export interface RunPlan {
  readonly safetyMs: number;
  /** A planted bug, for tests that prove that it is found. */
  readonly mutant?: FullStackMutant;
  /** What of the cluster's shape is not left to the seed. */
  readonly shape?: Partial<ClusterShape>;
}

const STREAM = "orders";
const START_LIMIT_MS = 60_000;
const LIVENESS_LIMIT_MS = 60_000;

/** A violation, with what led to it. */
export class SeedFailure extends Error {
  readonly transcript: readonly string[];

  constructor(seed: number, transcript: readonly string[], cause: unknown) {
    super(`seed ${seed}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.transcript = transcript;
  }
}

/** Runs one seed. Throws a {@link SeedFailure} at the first violation. */
export async function runSeed(seed: number, plan: RunPlan): Promise<RunReport> {
  const simulation = new Simulation(seed);
  const shape = { ...drawShape(simulation.dice.forConcern("shape")), ...plan.shape };
  const cluster = new SimulatedCluster(simulation, shape, { syncsNothing: plan.mutant === "syncs nothing" });
  const history = new History(() => simulation.wallMs);
  const restore = plan.mutant === undefined ? undefined : plant(plan.mutant);
  try {
    await cluster.during(() => run(cluster, history, plan));
  } catch (error) {
    throw new SeedFailure(seed, simulation.transcript.lines(), error);
  } finally {
    restore?.();
  }
  return {
    tally: {
      ...simulation.tally,
      events: simulation.eventCount,
      "records acknowledged": history.acknowledgedCount,
      "records read": history.seenCount,
      "records found gone after their retention": history.trimmedCount,
    },
    digest: simulation.transcript.digest(),
    transcript: simulation.transcript.lines(),
  };
}

function drawShape(dice: Dice): ClusterShape {
  const storageNodes = dice.pick([3, 3, 4, 5, 6, 7]) ?? 3;
  const coordinators = dice.pick([1, 1, 2, 3]) ?? 1;
  const etcdMembers = coordinators === 1 && dice.chance(0.5) ? 0 : (dice.pick([1, 3]) ?? 3);
  return { coordinators, etcdMembers, storageNodes, gateways: 2, replaceAfterMs: dice.between(3000, 30_000) };
}

async function run(cluster: SimulatedCluster, history: History, plan: RunPlan): Promise<void> {
  const { simulation } = cluster;
  for (const machine of cluster.machines) cluster.start(machine);
  watchQueues(cluster, {
    append_bytes: APPEND_QUEUE_BYTES,
    appends: 100,
    peer_bytes: 1024 * 1024,
    undurable_bytes: 1024 * 1024,
  });
  watchHoldings(cluster);
  await createStream(cluster);
  const options = { history, streamName: STREAM, pauseMaxMs: 200 };
  const producers = [new Producer(cluster, "producer-1", options), new Producer(cluster, "producer-2", options)];
  const reader = new Reader(cluster, "reader-1", { ...options, pauseMaxMs: 500 });
  const work = simulation.dice.forConcern("shape of work");
  const reshards = work.chance(0.5);
  const subscriber = work.chance(0.6) ? new Subscriber(cluster, "subscriber", options) : undefined;
  const resharder = reshards ? new Resharder(cluster, STREAM) : undefined;
  const horizonWatch = new HorizonWatch(cluster, STREAM, history);
  cluster.checks.onDropped = (shardId) => history.shardDropped(shardId);
  const operator = new Operator(cluster);
  const faults = new FaultInjector(cluster, operator);
  faults.begin();
  await simulation.pass(plan.safetyMs);
  faults.end();
  resharder?.stop();
  const healedMs = simulation.nowMs;
  simulation.transcript.tell("world", "all faults end");
  const serves = (): boolean => producers.every(({ lastAcknowledgedMs }) => lastAcknowledgedMs > healedMs);
  if (!(await simulation.until(serves, LIVENESS_LIMIT_MS)))
    throw new Error("puts do not succeed again after faults ended");
  if (!(await simulation.until(() => operator.isIdle, LIVENESS_LIMIT_MS)))
    throw new Error("what operators ask for is not done after faults ended");
  await requireHealth(cluster, operator);
  await requireDrain(cluster, operator);
  for (const client of [...producers, horizonWatch]) client.stop();
  await simulation.pass(10_000);
  const last = new Reader(cluster, "last-reader", { ...options, pauseMaxMs: 20 });
  reader.markTip();
  subscriber?.hurry();
  const allRead = (): boolean => last.caughtUp && reader.caughtUp && (subscriber?.caughtUp ?? true);
  if (!(await simulation.until(allRead, LIVENESS_LIMIT_MS))) throw new Error("a reader does not come to the tip");
  history.requireComplete();
  await requireEmptyQueues(cluster);
  await requireRest(cluster);
  await requireThreeCopies(cluster);
}

async function createStream(cluster: SimulatedCluster): Promise<void> {
  const { simulation } = cluster;
  const client = new SdkClient(cluster, "operator");
  let active = false;
  const make = async (): Promise<void> => {
    while (!active) {
      await client.call("CreateStream", { StreamName: STREAM, ShardCount: 2 });
      await sleep(client.process.clock, 200);
      const outcome = await client.call("DescribeStreamSummary", { StreamName: STREAM });
      const summary = outcome.ok ? (outcome.output["StreamDescriptionSummary"] as { StreamStatus: string }) : undefined;
      active = summary?.StreamStatus === "ACTIVE";
    }
  };
  simulation.after(0, client.process, () => void make());
  if (!(await simulation.until(() => active, START_LIMIT_MS))) throw new Error("the stream does not become active");
}
