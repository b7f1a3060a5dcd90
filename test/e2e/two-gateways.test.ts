/** Rules of a consumer's subscription hold whichever gateway a call comes through. */
import { expect, onTestFinished, test } from "vitest";
import { ProcessCluster, temporaryDirectory } from "@millrace/testkit";
import { subscribe } from "../contract/event-stream-reader.ts";
import { KinesisCaller } from "../contract/kinesis-caller.ts";

const StreamName = "shared";
const ShardId = "shardId-000000000000";

test("a place that one gateway's subscriber has is protected, and then taken over, through another", async () => {
  const directory = temporaryDirectory();
  onTestFinished(() => directory.remove());
  const cluster = await ProcessCluster.start({ dataDir: directory.path, nodes: 1, gateways: 2, direct: true });
  onTestFinished(() => cluster.stop());
  const [here = "", elsewhere = ""] = cluster.gatewayPorts.map((port) => `http://127.0.0.1:${port}`);
  const kinesis = new KinesisCaller(here);
  const other = new KinesisCaller(elsewhere);
  onTestFinished(() => [kinesis, other].forEach((caller) => caller.close()));

  await kinesis.ok("CreateStream", { StreamName, ShardCount: 1 });
  await kinesis.waitActive(StreamName);
  const StreamARN = `arn:aws:kinesis:us-east-1:000000000000:stream/${StreamName}`;
  const registered = await kinesis.ok("RegisterStreamConsumer", { StreamARN, ConsumerName: "c" });
  const ConsumerARN = (registered["Consumer"] as Record<string, string>)["ConsumerARN"] ?? "";
  const input = { ConsumerARN, ShardId, StartingPosition: { Type: "LATEST" } };
  // A gateway learns of the consumer and its state by the map, soon.
  await expect
    .poll(async () => (await other.call("SubscribeToShard", { ...input, DryRun: true })).body["__type"], {
      timeout: 10_000,
    })
    .toBe("DryRunOperationException");

  const first = await subscribe(kinesis, here, input);
  expect(first.status).toBe(200);
  expect((await other.call("SubscribeToShard", input)).body).toEqual({
    __type: "ResourceInUseException",
    message: "Another active subscription exists for this consumer: 000000000000:shared:c",
  });
  await new Promise((resolve) => setTimeout(resolve, 5_200));
  const newcomer = await subscribe(other, elsewhere, input);
  expect(newcomer.status).toBe(200);
  await first.ended;
  expect(first.events.at(-1)?.headers[":exception-type"]).toBe("ResourceInUseException");
  // Without limits the place is free as soon as its holder has gone.
  newcomer.close();
  await expect
    .poll(async () => {
      const again = await subscribe(kinesis, here, input);
      again.close();
      return again.status;
    })
    .toBe(200);
});
