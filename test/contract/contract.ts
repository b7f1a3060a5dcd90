/**
 * One way to write a contract case: `contract(operation, words, script)`. The operation and words are literals on one
 * line, because `docs/compatibility.md` is generated from them (`make gen`).
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchCluster, type LaunchedCluster } from "@millrace/testkit";
import { KinesisCaller, type Answer } from "./kinesis-caller.ts";

/** What a case works with. */
export interface ContractWorld {
  readonly kinesis: KinesisCaller;
  readonly endpoint: string;
  /** A stream name no other case uses. */
  newName(): string;
  /** Creates a provisioned stream and waits until it is ACTIVE; answers its name. */
  activeStream(shardCount?: number): Promise<string>;
  waitActive(streamName: string): Promise<void>;
  /** The call must fail with this type and exactly this message (or one matching the expression). */
  refuses(operation: string, input: unknown, type: string, message: string | RegExp): Promise<Answer>;
  /** All records of a shard from an iterator on, until it has caught up. */
  readAll(streamName: string, shardId: string, iterator?: Record<string, unknown>): Promise<ReadRecord[]>;
}

/** A record as GetRecords returns it. */
export interface ReadRecord {
  readonly SequenceNumber: string;
  readonly Data: string;
  readonly PartitionKey?: string;
  readonly ApproximateArrivalTimestamp: number;
}

let cluster: LaunchedCluster | undefined;
let world: ContractWorld | undefined;
let names = 0;

/** Starts one single-process cluster for the cases of a file. Call once, at its top. */
export function contractCluster(options: { limits?: "aws" | "off" } = {}): void {
  beforeAll(async () => {
    cluster = await launchCluster({ single: true, limits: options.limits ?? "off" });
    world = makeWorld(cluster.endpoint);
  });
  afterAll(async () => {
    world?.kinesis.close();
    await cluster?.stop();
  });
}

/** A case of the public contract, in Kinesis's words. */
export function contract(operation: string, words: string, script: (world: ContractWorld) => Promise<void>): void {
  test(`${operation}: ${words}`, async () => {
    if (world === undefined) throw new Error("contractCluster() was not called");
    await script(world);
  });
}

function makeWorld(endpoint: string): ContractWorld {
  const kinesis = new KinesisCaller(endpoint);
  const waitActive = (StreamName: string): Promise<void> => kinesis.waitActive(StreamName);
  const newName = (): string => `contract-${(names += 1)}-${process.pid}`;
  return {
    kinesis,
    endpoint,
    newName,
    waitActive,
    async activeStream(ShardCount = 1) {
      const StreamName = newName();
      await kinesis.ok("CreateStream", { StreamName, ShardCount });
      await waitActive(StreamName);
      return StreamName;
    },
    async refuses(operation, input, type, message) {
      const answer = await kinesis.call(operation, input);
      expect({ status: answer.status, type: answer.body["__type"] }).toEqual({ status: 400, type });
      if (typeof message === "string") expect(answer.body["message"]).toBe(message);
      else expect(answer.body["message"]).toMatch(message);
      return answer;
    },
    async readAll(StreamName, ShardId, iterator = { ShardIteratorType: "TRIM_HORIZON" }) {
      const start = await kinesis.ok("GetShardIterator", { StreamName, ShardId, ...iterator });
      let ShardIterator = start["ShardIterator"] as string | undefined;
      const records: ReadRecord[] = [];
      while (ShardIterator !== undefined) {
        const page = await kinesis.ok("GetRecords", { ShardIterator });
        records.push(...(page["Records"] as ReadRecord[]));
        ShardIterator = page["NextShardIterator"] as string | undefined;
        if (page["MillisBehindLatest"] === 0) break;
      }
      return records;
    },
  };
}
