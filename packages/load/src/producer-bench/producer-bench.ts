/** `bench-producer`: the producer against the SDK without it, on the same cluster in the same minutes. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { grpcTransport, Producer, type ProducerSettings } from "@millrace/producer";
import { publicGrpcClient } from "@millrace/rpc";
import { createStream } from "../http/api-call.ts";
import type { WorkloadResult } from "../measure/workload-result.ts";
import { startMillrace } from "../targets/start-millrace.ts";
import type { Target } from "../targets/target.ts";
import { measure, type Meter } from "../workloads/workload.ts";
import { producerPuts } from "./producer-puts.ts";
import { batchedPuts, sdkClient, singlePuts } from "./sdk-puts.ts";

const SHARDS = 8;
const WARM_UP_MS = 1_500;
const KIB = 1_024;
const SMALL = 100;
const BATCHES_AT_ONCE = 8;
const SINGLES_AT_ONCE = 64;

/** How much to measure. */
export interface ProducerBenchOptions {
  readonly seconds: number;
  readonly rounds: number;
  readonly directory: string;
  readonly say: (line: string) => void;
}

interface Step {
  readonly name: string;
  readonly run: (meter: Meter) => Promise<void>;
}

/** What is measured. */
export type ProducerWorkload =
  | "single"
  | "singles"
  | "batched"
  | "producer"
  | "producerGrpc"
  | "batchedSmall"
  | "producerSmall"
  | "aggregated"
  | "aggregatedGrpc";

/** Their names, in the order of the report. */
export const producerWorkloads: Readonly<Record<ProducerWorkload, string>> = {
  single: "PutRecord, 1 KiB, one at a time",
  singles: `PutRecord, 1 KiB, ${SINGLES_AT_ONCE} at once`,
  batched: `PutRecords by hand, 500 × 1 KiB, ${BATCHES_AT_ONCE} at once`,
  producer: "producer, 1 KiB",
  producerGrpc: "producer over gRPC, 1 KiB",
  batchedSmall: `PutRecords by hand, 500 × 100 B, ${BATCHES_AT_ONCE} at once`,
  producerSmall: "producer, 100 B",
  aggregated: "producer, 100 B, aggregation",
  aggregatedGrpc: "producer over gRPC, 100 B, aggregation",
};

/** All results, in the order in which they were measured. */
export async function producerBench(options: ProducerBenchOptions): Promise<WorkloadResult[]> {
  mkdirSync(options.directory, { recursive: true });
  const dataDir = mkdtempSync(join(options.directory, "millrace-bench-"));
  const results: WorkloadResult[] = [];
  let target: Target | undefined;
  try {
    target = await startMillrace(dataDir);
    const times = { warmUpMs: WARM_UP_MS, measureMs: options.seconds * 1_000 };
    for (let round = 1; round <= options.rounds; round += 1) {
      options.say(`round ${round} of ${options.rounds}`);
      const stream = `producer-${round}`;
      await createStream(target.port, stream, SHARDS);
      // The order changes every round: what the one leaves behind meets all.
      const inOrder = steps(target, stream);
      for (const { name, run } of round % 2 === 1 ? inOrder : inOrder.toReversed()) {
        const result = await measure(name, target, times, run);
        results.push(result);
        options.say(
          `  ${name}: ${Math.round(result.records / result.seconds)} records/s${result.failed > 0 ? `, ${result.failed} FAILED` : ""}`,
        );
      }
    }
  } finally {
    await target?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
  return results;
}

function steps({ port, grpcAddress = "" }: Target, stream: string): Step[] {
  const names = producerWorkloads;
  const withSdk =
    (puts: typeof batchedPuts, bytes: number, concurrency: number) =>
    async (meter: Meter): Promise<void> => {
      const client = sdkClient(port);
      await puts(client, stream, bytes, concurrency, meter);
      client.destroy();
    };
  const withProducer =
    (bytes: number, settings: Partial<ProducerSettings>) =>
    async (meter: Meter): Promise<void> => {
      const client = sdkClient(port);
      await producerPuts(new Producer({ client, stream, ...settings }), bytes, meter);
      client.destroy();
    };
  const withGrpc =
    (bytes: number, settings: Partial<ProducerSettings>) =>
    async (meter: Meter): Promise<void> => {
      const caller = publicGrpcClient(grpcAddress);
      await producerPuts(new Producer({ transport: grpcTransport(caller, stream), ...settings }), bytes, meter);
      caller.close();
    };
  return [
    { name: names.single, run: withSdk(singlePuts, KIB, 1) },
    { name: names.singles, run: withSdk(singlePuts, KIB, SINGLES_AT_ONCE) },
    { name: names.batched, run: withSdk(batchedPuts, KIB, BATCHES_AT_ONCE) },
    { name: names.producer, run: withProducer(KIB, {}) },
    { name: names.producerGrpc, run: withGrpc(KIB, {}) },
    { name: names.batchedSmall, run: withSdk(batchedPuts, SMALL, BATCHES_AT_ONCE) },
    { name: names.producerSmall, run: withProducer(SMALL, {}) },
    { name: names.aggregated, run: withProducer(SMALL, { aggregation: true }) },
    { name: names.aggregatedGrpc, run: withGrpc(SMALL, { aggregation: true }) },
  ];
}
