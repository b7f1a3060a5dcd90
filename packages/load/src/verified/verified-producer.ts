/**
 * One producer in a closed loop: each request is repeated under its invocation id until every record in it is
 * acknowledged, as SDKs do, and only then the next is sent. So each record must be stored exactly once, and batches of a
 * producer in order.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { GatewayClient } from "./gateway-client.ts";
import type { PutGaps } from "./put-gaps.ts";
import { BATCH_MAX, dataOf, keyOf } from "./record-content.ts";
import type { RecordHistory } from "./record-history.ts";

const BETWEEN_REPEATS_MS = 40;
/** Every third batch is a single PutRecord. */
const SINGLE_EVERY = 3;
const RECORDS = 20;

/** What a producer works with. */
export interface ProducerParts {
  readonly client: GatewayClient;
  readonly streamName: string;
  readonly producer: number;
  readonly history: RecordHistory;
  readonly gaps: PutGaps;
  /** Pause between two batches. */
  readonly pauseMs: number;
}

/** Puts until `stop`, finishing the batch under way; gives up unfinished when `abandon` comes first. */
export async function produceVerified(parts: ProducerParts, stop: AbortSignal, abandon: AbortSignal): Promise<void> {
  const { producer, history, streamName, pauseMs } = parts;
  for (let batch = 0; !stop.aborted; batch += 1) {
    const size = batch % SINGLE_EVERY === 0 ? 1 : RECORDS;
    const counts = Array.from({ length: size }, (_, index) => batch * BATCH_MAX + index);
    const records = counts.map((count) => {
      history.sent(producer, count);
      const name = { run: history.run, producer, count };
      return { PartitionKey: keyOf(name), Data: dataOf(name).toString("base64") };
    });
    const [only] = records;
    const request =
      size === 1
        ? { operation: "PutRecord", body: JSON.stringify({ StreamName: streamName, ...only }) }
        : { operation: "PutRecords", body: JSON.stringify({ StreamName: streamName, Records: records }) };
    await putUntilTaken(parts, request, counts, abandon);
    if (abandon.aborted) return;
    await delay(pauseMs);
  }
}

async function putUntilTaken(
  { client, producer, history, gaps }: ProducerParts,
  { operation, body }: { readonly operation: string; readonly body: string },
  counts: readonly number[],
  abandon: AbortSignal,
): Promise<void> {
  const invocationId = randomUUID();
  while (!abandon.aborted) {
    const answer = await client.call(operation, body, invocationId);
    const ok = answer.status === 200;
    const entries = ok ? (operation === "PutRecord" ? [answer.body] : (answer.body["Records"] as unknown[])) : [];
    const taken = entries.filter((entry, index) => {
      const { SequenceNumber, ShardId } = entry as { SequenceNumber?: string; ShardId?: string };
      const count = counts[index];
      if (SequenceNumber === undefined || ShardId === undefined || count === undefined) return false;
      if (history.acknowledged(producer, count, ShardId, SequenceNumber)) gaps.succeeded(ShardId, performance.now());
      return true;
    });
    if (taken.length === counts.length) return;
    if (answer.status >= 400 && answer.status < 500) {
      history.violate(`${operation} was refused as wrong: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    await delay(BETWEEN_REPEATS_MS);
  }
}
