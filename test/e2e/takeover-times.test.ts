/**
 * How long a takeover between coordinators lasts, for docs/operations/coordinators.md. Runs only when asked for, as it asserts no time:
 * `TAKEOVERS=8 npx vitest run --project system test/e2e/takeover-times.test.ts`.
 */
import { launchCluster, launchEtcd, type LaunchedCluster } from "@millrace/testkit";
import { expect, test } from "vitest";
import { KinesisCaller } from "../contract/kinesis-caller.ts";
import { PutLedger } from "./put-ledger.ts";
import { startTcpProxy } from "./tcp-proxy.ts";

const rounds = Number(process.env["TAKEOVERS"] ?? 0);
const StreamName = "steady";
const SHARDS = 3;

type Coordinator = ReturnType<LaunchedCluster["processes"]>[number];

test.skipIf(rounds === 0)(
  "measures takeovers (skipped unless TAKEOVERS says how many of each)",
  async () => {
    const etcd = await launchEtcd();
    const proxy = await startTcpProxy(etcd.endpoint);
    const cluster = await launchCluster({ coordinators: 3, etcd: proxy.endpoint });
    const kinesis = new KinesisCaller(cluster.endpoint);
    await kinesis.ok("CreateStream", { StreamName, ShardCount: SHARDS });
    await kinesis.waitActive(StreamName);
    const ledger = new PutLedger(kinesis, StreamName, SHARDS);
    const load = { running: true, puts: 0, failed: 0, worstMs: 0 };
    const produce = async (shard: number): Promise<void> => {
      while (load.running) {
        const sentMs = performance.now();
        const { status } = await ledger.put(shard, 100);
        load.worstMs = Math.max(load.worstMs, performance.now() - sentMs);
        load.puts += 1;
        if (status !== 200) load.failed += 1;
      }
    };
    const producers = Promise.all(Array.from({ length: SHARDS }, (_, shard) => produce(shard)));
    const active = async (): Promise<Coordinator> => {
      for (;;) {
        for (const each of cluster.processes().filter(({ role }) => role === "coordinator")) {
          const signal = AbortSignal.timeout(500);
          const text = await fetch(`${each.adminEndpoint}/metrics`, { signal }).then(
            (answer) => answer.text(),
            () => "",
          );
          if (/^millrace_coordinator_active 1$/m.test(text)) return each;
        }
      }
    };
    /** Until a control operation is answered, by another than `first` where that one still answers. */
    const served = async (first: Coordinator, isCut: boolean): Promise<void> => {
      for (;;) {
        const { status } = await kinesis.call("DescribeStreamSummary", { StreamName });
        if (status === 200 && (!isCut || (await active()).name !== first.name)) return;
      }
    };
    for (const fault of ["killed", "stopped", "cut off"] as const) {
      const times: number[] = [];
      while (times.length < rounds) {
        const first = await active();
        const beganMs = performance.now();
        if (fault === "cut off") proxy.cut(first.pid);
        else cluster.kill(first.name, fault === "killed" ? "SIGKILL" : "SIGSTOP");
        await served(first, fault === "cut off");
        times.push(Math.round(performance.now() - beganMs));
        if (fault === "cut off") proxy.heal();
        else if (fault === "stopped") cluster.kill(first.name, "SIGCONT");
        await cluster.waitHealthy();
      }
      times.sort((a, b) => a - b);
      process.stdout.write(`${fault}: ${times.join(" ")} ms\n`);
    }
    load.running = false;
    await producers;
    process.stdout.write(`${load.puts} puts, ${load.failed} failed, the slowest took ${Math.round(load.worstMs)} ms\n`);
    expect(load.failed).toBe(0);
    kinesis.close();
    await cluster.stop();
    await proxy.close();
    await etcd.stop();
  },
  900_000,
);
