/** Opens the kind of source an application chose, over any `KinesisClient` of AWS SDK v3. */
import type { KinesisClient } from "@aws-sdk/client-kinesis";
import type { Clock, Random } from "@millrace/base";
import { FanOutSource } from "../consume/fan-out-source.ts";
import { defaultPolling, PollingSource, type PollingOptions } from "../consume/polling-source.ts";
import type { RecordSource } from "../consume/record-source.ts";
import type { ConsumeHappening } from "../handler/consume-event.ts";
import type { Lease } from "../lease/lease.ts";
import { FanOutConsumers } from "./fan-out-consumer.ts";
import { ShardApi } from "./shard-api.ts";

/** Polling shares a shard's read limit with other applications; fan-out has its own, as the registered consumer named. */
export type ReadMode =
  | ({ readonly kind: "polling" } & Partial<PollingOptions>)
  | { readonly kind: "fan-out"; readonly consumerName: string };

/** Makes the source of one lease. `alive` is called when the service answered, if only to refuse. */
export type OpenSource = (
  lease: Lease,
  alive: () => void,
  happened: (happening: ConsumeHappening) => void,
) => RecordSource;

/** Sources of `client`; registered consumers are looked up once per stream. */
export function recordSources(client: KinesisClient, mode: ReadMode, clock: Clock, random: Random): OpenSource {
  const api = new ShardApi(client);
  if (mode.kind === "fan-out") {
    const consumers = new FanOutConsumers(client, mode.consumerName, clock);
    return (lease, alive, happened) => new FanOutSource(lease, consumers, { api, clock, random, alive, happened });
  }
  const options = { ...defaultPolling, ...mode };
  return (lease, alive, happened) => new PollingSource(lease, options, { api, clock, random, alive, happened });
}
