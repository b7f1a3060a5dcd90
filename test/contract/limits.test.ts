/** AWS's per-shard limits, on by default. */
import { expect } from "vitest";
import { contract, contractCluster } from "./contract.ts";

contractCluster({ limits: "aws" });

const SHARD_0 = "shardId-000000000000";

contract("PutRecord", "beyond 1 MiB in a second is throttled in AWS's words", async ({ kinesis, activeStream }) => {
  const StreamName = await activeStream();
  const Data = Buffer.alloc(1000 * 1024).toString("base64");
  const answers = await Promise.all(
    [1, 2, 3].map(() => kinesis.call("PutRecord", { StreamName, PartitionKey: "k", Data })),
  );
  const refused = answers.filter((answer) => answer.status === 400);
  expect(answers.some((answer) => answer.status === 200)).toBe(true);
  expect(refused.length).toBeGreaterThan(0);
  for (const answer of refused) {
    expect(answer.body).toEqual({
      __type: "ProvisionedThroughputExceededException",
      message: `Rate exceeded for shard ${SHARD_0} in stream ${StreamName} under account 000000000000.`,
    });
  }
});

contract(
  "PutRecords",
  "refuses only the records over a limit, with status 200",
  async ({ kinesis, activeStream, readAll }) => {
    const StreamName = await activeStream();
    const Records = Array.from({ length: 500 }, (_, index) => ({ PartitionKey: `k${index}`, Data: "" }));
    const answers = await Promise.all([1, 2, 3, 4].map(() => kinesis.call("PutRecords", { StreamName, Records })));
    const results = answers.flatMap((answer) => answer.body["Records"] as Record<string, string>[]);
    const failed = results.filter((result) => result["ErrorCode"] !== undefined);
    expect(answers.every((answer) => answer.status === 200)).toBe(true);
    expect(failed.length).toBeGreaterThan(0);
    expect(failed[0]).toEqual({
      ErrorCode: "ProvisionedThroughputExceededException",
      ErrorMessage: `Rate exceeded for shard ${SHARD_0} in stream ${StreamName} under account 000000000000.`,
    });
    const counted = answers.reduce((sum, answer) => sum + Number(answer.body["FailedRecordCount"]), 0);
    expect(counted).toBe(failed.length);
    expect((await readAll(StreamName, SHARD_0)).length).toBe(results.length - failed.length);
  },
);

contract("GetRecords", "allows five calls a second for each shard", async ({ kinesis, activeStream }) => {
  const StreamName = await activeStream();
  const start = await kinesis.ok("GetShardIterator", { StreamName, ShardId: SHARD_0, ShardIteratorType: "LATEST" });
  const ShardIterator = start["ShardIterator"];
  const answers = await Promise.all(Array.from({ length: 12 }, () => kinesis.call("GetRecords", { ShardIterator })));
  const refused = answers.filter((answer) => answer.status === 400);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused[0]?.body).toEqual({
    __type: "ProvisionedThroughputExceededException",
    message: `Rate exceeded for Shard - 000000000000/${StreamName}/${SHARD_0}`,
  });
});

contract("GetShardIterator", "allows five calls a second for each shard", async ({ kinesis, activeStream }) => {
  const StreamName = await activeStream(2);
  const ask = (ShardId: string, more: object = {}): ReturnType<typeof kinesis.call> =>
    kinesis.call("GetShardIterator", { StreamName, ShardId, ShardIteratorType: "TRIM_HORIZON", ...more });
  const answers = await Promise.all(Array.from({ length: 12 }, () => ask(SHARD_0)));
  const refused = answers.filter((answer) => answer.status === 400);
  expect(answers.length - refused.length).toBeGreaterThanOrEqual(5);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused[0]?.body).toEqual({
    __type: "ProvisionedThroughputExceededException",
    message: `Rate exceeded for shard ${SHARD_0} in stream ${StreamName} under account 000000000000.`,
  });
  expect((await ask("shardId-000000000001")).status).toBe(200);
});
