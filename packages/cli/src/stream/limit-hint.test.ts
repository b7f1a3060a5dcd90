import type { ProducerCounts } from "@millrace/producer";
import { expect, test } from "vitest";
import { limitHint } from "./limit-hint.ts";

function counts(requestsThrottled: number, recordsThrottled: number): ProducerCounts {
  const requestFailures = { throttled: requestsThrottled, unavailable: 5, refused: 0 };
  return { requestFailures, retries: { throttled: recordsThrottled, failed: 7 } } as ProducerCounts;
}

test("only what a shard's limits cause is put down to them", () => {
  expect(limitHint(counts(0, 0))).toBe("");
  expect(limitHint(counts(1, 1_999))).toMatch(/^2,000 of the retries are due to the limits of shards: .*1,000 records/);
});
