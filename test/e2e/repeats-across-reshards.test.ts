/** A put that is repeated while its stream is split and merged, through any gateway, is stored once. */
import { randomUUID } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { ProcessCluster, temporaryDirectory } from "@millrace/testkit";
import { KinesisCaller } from "../contract/kinesis-caller.ts";
import { createStream, mergeLowest, readStream, splitFirst, testClient } from "./stream-reader.ts";

const StreamName = "orders";
const ROUNDS = 8;
const PUTS_EACH_ROUND = 12;
const RECORDS_EACH_PUT = 9;

interface PutResult {
  readonly ShardId?: string;
  readonly SequenceNumber?: string;
}

test("every try of a put answers the same places, however often its shards are split and merged between", async () => {
  const directory = temporaryDirectory();
  onTestFinished(() => directory.remove());
  const cluster = await ProcessCluster.start({ dataDir: directory.path, nodes: 3, gateways: 2, direct: true });
  onTestFinished(() => cluster.stop());
  const callers = cluster.gatewayPorts.map((port) => new KinesisCaller(`http://127.0.0.1:${port}`));
  onTestFinished(() => callers.forEach((caller) => caller.close()));
  const client = testClient(`http://127.0.0.1:${cluster.gatewayPorts[0]}`);
  onTestFinished(() => client.destroy());
  await createStream(client, StreamName, 2);

  let made = 0;
  const stored = new Map<string, string>();
  const put = async (tries: (attempt: number) => Promise<void>): Promise<void> => {
    const invocationId = randomUUID();
    const Records = Array.from({ length: RECORDS_EACH_PUT }, () => {
      made += 1;
      return { PartitionKey: `key ${made}`, Data: Buffer.from(`record ${made}`).toString("base64") };
    });
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await tries(attempt);
      const tried = attempt === 3 ? {} : { "amz-sdk-request": `attempt=${attempt}; max=3` };
      const caller = callers[attempt % callers.length];
      const headers = { ...caller?.headers("PutRecords"), "amz-sdk-invocation-id": invocationId, ...tried };
      const answer = await caller?.raw({ headers, body: JSON.stringify({ StreamName, Records }) });
      expect(answer?.body["FailedRecordCount"]).toBe(0);
      const results = (answer?.body["Records"] ?? []) as readonly PutResult[];
      expect(results).toHaveLength(RECORDS_EACH_PUT);
      results.forEach(({ ShardId, SequenceNumber }, index) => {
        const data = Records[index]?.Data ?? "";
        const place = `${ShardId}/${SequenceNumber}`;
        expect(stored.get(data) ?? place).toBe(place);
        stored.set(data, place);
      });
    }
  };

  for (let round = 0; round < ROUNDS; round += 1) {
    // First tries meet the first reshard half-way; third ones know of both.
    const first = splitFirst(client, StreamName);
    const both = first.then(() => mergeLowest(client, StreamName));
    const puts = Array.from({ length: PUTS_EACH_ROUND }, (_, index) =>
      put(async (attempt) => {
        if (attempt === 1) await new Promise((resolve) => setTimeout(resolve, index * 8));
        if (attempt === 2) await (index % 2 === 0 ? first : both);
        if (attempt === 3) await both;
      }),
    );
    await Promise.all([both, ...puts]);
  }

  const found = (await readStream(client, StreamName)).records.map(({ data }) => data);
  expect(found).toHaveLength(made);
  expect(new Set(found).size).toBe(made);
});
