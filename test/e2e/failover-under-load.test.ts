/** Leaders die and hang under producers that never pause: no request fails, nothing is stored twice, nothing is lost. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchCluster, type LaunchedCluster } from "@millrace/testkit";
import { KinesisCaller } from "../contract/kinesis-caller.ts";
import { scanShard } from "./put-ledger.ts";

let cluster: LaunchedCluster;
let kinesis: KinesisCaller;
const StreamName = "under-load";
const SHARDS = 6;
const CLIENTS = 20;
const RECORDS_PER_PUT = 10;

beforeAll(async () => {
  cluster = await launchCluster({ nodes: 3, limits: "off" });
  kinesis = new KinesisCaller(cluster.endpoint);
  await kinesis.ok("CreateStream", { StreamName, ShardCount: SHARDS });
  await kinesis.waitActive(StreamName);
});

afterAll(async () => {
  kinesis.close();
  await cluster.stop();
});

/** Producers that put until told to stop, and everything they were told. Their requests carry no invocation id. */
class Producers {
  readonly acknowledged: Map<string, string> = new Map();
  readonly failures: string[] = [];
  requests = 0;
  readonly #label: string;
  #stopped = false;
  readonly #clients: Promise<void>[];

  constructor(label: string) {
    this.#label = label;
    this.#clients = Array.from({ length: CLIENTS }, (_, client) => this.#run(client));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  /** Resolves when every client has had an answer to a request it sent after this call. */
  async everyClientGoesOn(): Promise<void> {
    const before = this.requests;
    await expect.poll(() => this.requests, { timeout: 60_000 }).toBeGreaterThan(before + 5 * CLIENTS);
  }

  async #run(client: number): Promise<void> {
    for (let round = 0; !this.#stopped; round += 1) {
      const keys = Array.from({ length: RECORDS_PER_PUT }, (_, index) => `${this.#label}-${client}-${round}-${index}`);
      const Records = keys.map((PartitionKey) => ({
        PartitionKey,
        Data: Buffer.from(PartitionKey).toString("base64"),
      }));
      const answer = await kinesis.call("PutRecords", { StreamName, Records });
      this.requests += 1;
      if (answer.status !== 200) this.failures.push(JSON.stringify(answer.body));
      const results = (answer.body["Records"] ?? []) as { SequenceNumber?: string; ErrorCode?: string }[];
      results.forEach(({ SequenceNumber, ErrorCode }, index) => {
        if (SequenceNumber === undefined) this.failures.push(ErrorCode ?? "no outcome");
        else this.acknowledged.set(keys[index] ?? "", SequenceNumber);
      });
    }
  }
}

async function expectExactly(producers: Producers): Promise<void> {
  const found = new Map<string, string[]>();
  for (let shard = 0; shard < SHARDS; shard += 1) {
    for (const { PartitionKey, SequenceNumber } of await scanShard(kinesis, StreamName, shard)) {
      found.set(PartitionKey, [...(found.get(PartitionKey) ?? []), SequenceNumber]);
    }
  }
  const wrong = [...producers.acknowledged].filter(([key, number]) => found.get(key)?.join() !== number);
  expect(wrong).toEqual([]);
}

const nodeIds = (): string[] =>
  cluster
    .processes()
    .filter(({ role }) => role === "storage-node")
    .map(({ id }) => id);

test.each([
  ["SIGKILL", 0],
  ["SIGKILL", 1],
  ["SIGSTOP", 2],
  ["SIGSTOP", 0],
] as const)("%s of node %i costs no client an error and stores nothing twice", async (signal, index) => {
  const producers = new Producers(`${signal}-${index}`);
  await producers.everyClientGoesOn();
  const victim = nodeIds()[index] ?? "";
  cluster.kill(victim, signal);
  await producers.everyClientGoesOn();
  await producers.everyClientGoesOn();
  if (signal === "SIGSTOP") cluster.kill(victim, "SIGCONT");
  await producers.everyClientGoesOn();
  await producers.stop();
  expect(producers.failures).toEqual([]);
  await expectExactly(producers);
  await cluster.waitHealthy();
});

test("control operations asked while the coordinator starts again only take longer", async () => {
  cluster.kill("coordinator", "SIGKILL");
  await new Promise((resolve) => setTimeout(resolve, 50));
  await Promise.all([
    kinesis.ok("CreateStream", { StreamName: "while-away", ShardCount: 1 }),
    kinesis.ok("ListStreams", {}),
    kinesis.ok("DescribeStreamSummary", { StreamName }),
  ]);
  await kinesis.waitActive("while-away");
});
