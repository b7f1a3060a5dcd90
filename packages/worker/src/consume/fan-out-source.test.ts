/** Subscriptions that fall silent, end, are refused or broken: reading goes on where it stopped. */
import { ManualClock, seededRandom } from "@millrace/testkit";
import { expect, test } from "vitest";
import type { ConsumeHappening } from "../handler/consume-event.ts";
import { recordSources } from "../kinesis/record-sources.ts";
import { FakeKinesis, sdkError } from "../kinesis/testing/fake-kinesis.ts";
import type { Checkpoint } from "../lease/checkpoint.ts";
import type { Lease } from "../lease/lease.ts";
import type { FetchedBatch } from "./record-source.ts";

const SHARD = "shardId-000000000000";
const { signal: never } = new AbortController();

function setUp(checkpoint: Checkpoint = { type: "TRIM_HORIZON" }) {
  const clock = new ManualClock();
  const kinesis = new FakeKinesis(1);
  const happened: ConsumeHappening[] = [];
  let signsOfLife = 0;
  const open = recordSources(kinesis.client, { kind: "fan-out", consumerName: "app" }, clock, seededRandom(1));
  const source = open(
    { stream: "s", shardId: SHARD, checkpoint } as Lease,
    () => (signsOfLife += 1),
    (each) => happened.push(each),
  );
  return { clock, kinesis, happened, source, signsOfLife: () => signsOfLife };
}

/** An event without records that says where to go on. */
function event(continuation: string) {
  return { Records: [], ContinuationSequenceNumber: continuation, MillisBehindLatest: 7 };
}

const answered = { records: [], millisBehindLatest: 7 } satisfies FetchedBatch;

test("a subscription that is silent for 20 s is given up, and reading goes on from its last event", async () => {
  const { clock, kinesis, happened, source } = setUp();
  const first = source.next(never);
  await clock.advanceAsync(0);
  kinesis.subscriptions[0]?.say(event("5"));
  expect(await first).toEqual(answered);
  const second = source.next(never);
  // A heartbeat of the service in time: the silence is counted from the last event.
  await clock.advanceAsync(19_000);
  kinesis.subscriptions[0]?.say(event("6"));
  expect(await second).toEqual(answered);
  const third = source.next(never);
  await clock.advanceAsync(19_999);
  expect([kinesis.subscriptions.length, happened]).toEqual([1, []]);
  await clock.advanceAsync(1);
  expect(happened).toEqual([{ kind: "reopened", reason: "subscription-silent" }]);
  expect(kinesis.subscriptions.map(({ position, signal }) => [position, signal.aborted])).toEqual([
    [{ Type: "TRIM_HORIZON" }, true],
    [{ Type: "AFTER_SEQUENCE_NUMBER", SequenceNumber: "6" }, false],
  ]);
  // What the dead connection says late is nobody's.
  kinesis.subscriptions[0]?.say(event("99"));
  kinesis.subscriptions[1]?.say(event("7"));
  expect(await third).toEqual(answered);
  source.close();
});

test("a subscription that ends after five minutes is opened again where it stopped", async () => {
  const { clock, kinesis, happened, source } = setUp();
  const first = source.next(never);
  await clock.advanceAsync(0);
  kinesis.subscriptions[0]?.say(event("5"));
  await first;
  const second = source.next(never);
  kinesis.subscriptions[0]?.say();
  await clock.advanceAsync(0);
  kinesis.subscriptions[1]?.say(event("6"));
  expect(await second).toEqual(answered);
  expect(happened).toEqual([{ kind: "reopened", reason: "subscription-ended" }]);
  expect(kinesis.subscriptions[1]?.position).toEqual({ Type: "AFTER_SEQUENCE_NUMBER", SequenceNumber: "5" });
  source.close();
});

test("a refused subscription is a sign of life and is asked for again, a broken one is asked for again", async () => {
  const { clock, kinesis, happened, source, signsOfLife } = setUp();
  kinesis.failNext("SubscribeToShard", sdkError("ResourceInUseException"));
  kinesis.failNext("SubscribeToShard", Object.assign(new Error("gone"), { code: "ECONNRESET" }));
  const reading = source.next(never);
  await clock.advanceAsync(2_000);
  expect(happened.map(({ kind }) => kind)).toEqual(["throttled", "read-failed"]);
  expect(signsOfLife()).toBe(1);
  await clock.advanceAsync(2_000);
  kinesis.subscriptions[0]?.say(event("5"));
  expect(await reading).toEqual(answered);
  source.close();
});

test("a consumer that was deregistered is looked up once more; one that stays away is an error", async () => {
  const { clock, kinesis, source } = setUp();
  kinesis.failNext("SubscribeToShard", sdkError("ResourceNotFoundException"));
  kinesis.failNext("SubscribeToShard", sdkError("ResourceNotFoundException"));
  const reading = source.next(never);
  reading.catch(() => undefined);
  await clock.advanceAsync(5_000);
  await expect(reading).rejects.toThrow("ResourceNotFoundException");
  expect(kinesis.sent.filter(({ name }) => name === "DescribeStreamConsumer")).toHaveLength(2);
});

test("LATEST that yields nothing goes on from the time it was asked for, and an abort ends the wait", async () => {
  const { clock, kinesis, source } = setUp({ type: "LATEST" });
  const openedMs = clock.nowMs();
  const stop = new AbortController();
  const reading = source.next(stop.signal);
  reading.catch(() => undefined);
  await clock.advanceAsync(20_001);
  expect(kinesis.subscriptions.map(({ position }) => position)).toEqual([
    { Type: "LATEST" },
    { Type: "AT_TIMESTAMP", Timestamp: new Date(openedMs - 5_000) },
  ]);
  stop.abort();
  await expect(reading).rejects.toThrow(/abort/i);
  source.close();
  expect(kinesis.subscriptions.map(({ signal }) => signal.aborted)).toEqual([true, true]);
});
