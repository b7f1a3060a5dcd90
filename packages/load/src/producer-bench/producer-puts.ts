/** The producer under the same load: one loop that puts and waits only when there is no room. */
import type { Producer } from "@millrace/producer";
import type { Meter } from "../workloads/workload.ts";

/** How many puts go between two looks at the clock and two turns of the event loop. */
const PUTS_PER_TURN = 500;

/**
 * Puts until the time is over, then flushes and closes. Records count when the producer says that they are stored; the latency
 * from put to stored is that of one put in each turn.
 */
export async function producerPuts(producer: Producer, bytes: number, meter: Meter): Promise<void> {
  const data = Buffer.alloc(bytes, "x");
  let count = 0;
  let reported = 0;
  const failed = (): void => meter.count(0, 0, 1, 0);
  while (meter.running()) {
    for (let each = 1; each < PUTS_PER_TURN; each += 1) {
      producer.put({ partitionKey: String((count += 1)), data }).catch(failed);
    }
    const beginMs = performance.now();
    producer.put({ partitionKey: String((count += 1)), data }).then(() => {
      const stored = producer.counts.storedRecords - reported;
      reported += stored;
      meter.count(stored, stored * bytes, 0, performance.now() - beginMs);
    }, failed);
    if (producer.hasRoom) await new Promise((resolve) => setImmediate(resolve));
    else await producer.ready();
  }
  await producer.close();
}
