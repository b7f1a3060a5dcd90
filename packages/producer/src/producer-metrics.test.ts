import { ManualClock, seededRandom } from "@millrace/testkit";
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { Producer } from "./producer.ts";
import { FakeStream } from "./testing/fake-stream.ts";

test("a prom-client registry shows what each producer did, until it is closed", async () => {
  const clock = new ManualClock();
  const random = seededRandom(1);
  const registry = new Registry();
  const stream = new FakeStream(clock, random, 1);
  const [first, second] = ["first", "second"].map(
    (name) => new Producer({ transport: stream, clock, random, aggregation: true, metrics: { registry, name } }),
  );
  for (let index = 0; index < 10; index += 1) void first?.put({ partitionKey: `k${index}`, data: "data" });
  await clock.advanceAsync(200);
  void second?.put({ partitionKey: "k", data: "data" });
  second?.put({ partitionKey: "", data: "data" }).catch(() => undefined);
  const text = await registry.metrics();
  expect(text).toContain("# TYPE millrace_producer_put_seconds histogram");
  expect(text).toContain('millrace_producer_stored_records_total{producer="first"} 10');
  expect(text).toContain('millrace_producer_stored_bytes_total{producer="first"} 40');
  expect(text).toContain('millrace_producer_stored_kinesis_records_total{producer="first"} 1');
  expect(text).toContain('millrace_producer_records_per_kinesis_record_bucket{le="5",producer="first"} 0');
  expect(text).toContain('millrace_producer_records_per_kinesis_record_bucket{le="10",producer="first"} 1');
  expect(text).toContain('millrace_producer_put_seconds_count{producer="first"} 10');
  expect(text).toContain('millrace_producer_buffered_records{producer="second"} 1');
  expect(text).toContain('millrace_producer_retries_total{reason="throttled",producer="second"} 0');
  void first?.close();
  await clock.advanceAsync(200);
  expect(await registry.metrics()).not.toContain('producer="first"');
  void second?.close();
  await clock.advanceAsync(200);
});
