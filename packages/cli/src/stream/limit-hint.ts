/** What a producer that was slowed down is told about it. */
import type { ProducerCounts } from "@millrace/producer";

/** One line for people, when the service has refused records because a shard had taken what it takes a second; else nothing. */
export function limitHint({ requestFailures, retries }: Readonly<ProducerCounts>): string {
  const throttled = requestFailures.throttled + retries.throttled;
  if (throttled === 0) return "";
  return (
    `${throttled.toLocaleString("en-US")} of the retries are due to the limits of shards: each takes 1,000 records and 1 MB a ` +
    "second, as on AWS. More shards take more (aws kinesis update-shard-count); millrace up --limits off lifts the limits."
  );
}
