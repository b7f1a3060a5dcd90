/**
 * The coordinator dies at each of its commits, before or after it is stored, while a client changes a stream: the client's one call
 * succeeds, its change is made once, and whoever coordinates next carries it to its end.
 */
import { sleep } from "@millrace/base";
import { expect, test } from "vitest";
import { SdkClient } from "./clients/sdk-client.ts";
import { SimulatedCluster, type ClusterShape } from "./cluster/simulated-cluster.ts";
import { Simulation } from "./world/simulation.ts";

const StreamName = "orders";
const StreamARN = `arn:aws:kinesis:us-east-1:000000000000:stream/${StreamName}`;
const CALL_LIMIT_MS = 60_000;
const RESTART_MS = 300;
/** A bound against hanging only: machines that run tests are busy. */
const TIMEOUT_MS = 3_600_000;

const size = { storageNodes: 3, gateways: 1, replaceAfterMs: 30_000 };
const shapes: readonly (readonly [string, ClusterShape])[] = [
  ["the only coordinator", { ...size, coordinators: 1, etcdMembers: 0 }],
  ["one of two coordinators", { ...size, coordinators: 2, etcdMembers: 1 }],
];

/** When the coordinator dies: at so many-th commit from now, before or after it is stored. */
interface Death {
  readonly commit: number;
  readonly stored: boolean;
}

interface Call {
  readonly operation: string;
  readonly input: object;
}

/** A running cluster with a stream of two shards, and a client. */
class World {
  readonly simulation = new Simulation(1);
  readonly cluster: SimulatedCluster;
  readonly client: SdkClient;
  deaths = 0;

  constructor(shape: ClusterShape) {
    this.cluster = new SimulatedCluster(this.simulation, shape);
    this.client = new SdkClient(this.cluster, "client");
  }

  async begin(): Promise<void> {
    for (const machine of this.cluster.machines) this.cluster.start(machine);
    await this.simulation.pass(10_000);
    await this.call({ operation: "CreateStream", input: { StreamName, ShardCount: 2 } });
    await this.settle();
  }

  /** The answer to a call whose first try succeeds. */
  async call({ operation, input }: Call): Promise<Record<string, unknown>> {
    const answer = await this.#answer(() => this.client.call(operation, input));
    expect(answer, operation).toMatchObject({ ok: true, uncertain: false });
    return answer.ok ? answer.output : {};
  }

  /** Answers how many commits there were until the stream is settled again, with the coordinator dead in between. */
  async callUnder(death: Death | undefined, call: Call): Promise<{ commits: number; output: Record<string, unknown> }> {
    const { cluster, simulation } = this;
    let commits = 0;
    cluster.metadata.onCommit = (process, stored) => {
      const machine = cluster.ofRole("coordinator").find((each) => each.process === process);
      if (machine === undefined) return;
      if (!stored) commits += 1;
      if (death === undefined || commits !== death.commit || stored !== death.stored) return;
      cluster.metadata.onCommit = undefined;
      this.deaths += 1;
      cluster.kill(machine);
      simulation.after(RESTART_MS, undefined, () => cluster.start(machine));
    };
    const output = await this.call(call);
    await this.settle();
    cluster.metadata.onCommit = undefined;
    return { commits, output };
  }

  /** Until the stream is ACTIVE or gone. */
  async settle(): Promise<void> {
    const { client } = this;
    const settled = async (): Promise<void> => {
      for (;;) {
        const outcome = await client.call("DescribeStreamSummary", { StreamName });
        if (!outcome.ok && outcome.errorType.startsWith("ResourceNotFoundException")) return;
        const summary = outcome.ok ? outcome.output["StreamDescriptionSummary"] : undefined;
        if ((summary as { StreamStatus?: string } | undefined)?.StreamStatus === "ACTIVE") return;
        await sleep(client.process.clock, 200);
      }
    };
    await this.#answer(settled);
  }

  /** Open shards, and all. */
  async shardCounts(): Promise<readonly [number, number]> {
    const { Shards } = await this.call({ operation: "ListShards", input: { StreamName } });
    const shards = Shards as readonly { SequenceNumberRange: { EndingSequenceNumber?: string } }[];
    const open = shards.filter(({ SequenceNumberRange: range }) => range.EndingSequenceNumber === undefined);
    return [open.length, shards.length];
  }

  /** What `work` comes to, which begins as an event of the client: nothing of it happens outside simulated time. */
  async #answer<T>(work: () => Promise<T>): Promise<T> {
    const { simulation, client } = this;
    let answer: { readonly value: T } | undefined;
    simulation.after(0, client.process, () => {
      work().then(
        (value) => (answer = { value }),
        (error: unknown) => simulation.violate(error),
      );
    });
    await simulation.until(() => answer !== undefined, CALL_LIMIT_MS);
    if (answer === undefined) throw new Error("a call is not answered");
    return answer.value;
  }
}

async function inWorld<T>(shape: ClusterShape, work: (world: World) => Promise<T>): Promise<T> {
  const world = new World(shape);
  return world.cluster.during(async () => {
    await world.begin();
    return work(world);
  });
}

const double: Call = {
  operation: "UpdateShardCount",
  input: { StreamName, TargetShardCount: 4, ScalingType: "UNIFORM_SCALING" },
};

test.each(shapes)("UpdateShardCount outlives %s at every step", { timeout: TIMEOUT_MS }, async (_who, shape) => {
  const { commits } = await inWorld(shape, (world) => world.callUnder(undefined, double));
  expect(commits).toBeGreaterThan(4);
  for (let commit = 1; commit <= commits; commit += 1) {
    for (const stored of [false, true]) {
      await inWorld(shape, async (world) => {
        const { output } = await world.callUnder({ commit, stored }, double);
        const where = `commit ${commit}, ${stored ? "stored" : "not stored"}`;
        expect([where, world.deaths]).toEqual([where, 1]);
        expect(output, where).toMatchObject({ StreamName, CurrentShardCount: 2, TargetShardCount: 4 });
        expect([where, await world.shardCounts()]).toEqual([where, [4, 6]]);
      });
    }
  }
});

test.each(shapes)("every operation that is no use twice outlives %s", { timeout: TIMEOUT_MS }, async (_who, shape) => {
  const split = { ShardToSplit: "shardId-000000000000", NewStartingHashKey: "1000" };
  const merge = { ShardToMerge: "shardId-000000000002", AdjacentShardToMerge: "shardId-000000000003" };
  const calls: readonly Call[] = [
    { operation: "RegisterStreamConsumer", input: { StreamARN, ConsumerName: "c" } },
    { operation: "SplitShard", input: { StreamName, ...split } },
    { operation: "MergeShards", input: { StreamName, ...merge } },
    { operation: "UpdateShardCount", input: { StreamName, TargetShardCount: 3, ScalingType: "UNIFORM_SCALING" } },
    { operation: "DeregisterStreamConsumer", input: { StreamARN, ConsumerName: "c" } },
    { operation: "DeleteStream", input: { StreamName, EnforceConsumerDeletion: true } },
    { operation: "CreateStream", input: { StreamName, ShardCount: 1 } },
  ];
  for (const stored of [false, true]) {
    await inWorld(shape, async (world) => {
      for (const call of calls) await world.callUnder({ commit: 1, stored }, call);
      expect(world.deaths).toBe(calls.length);
      expect(await world.shardCounts()).toEqual([1, 1]);
    });
  }
});
