/** Ten thousand shards over three nodes: what they cost at rest, and how long one node's leaders take to move. */
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { ProcessCluster } from "@millrace/testkit";
import type { Figure } from "./figure.ts";
import { createStream, onCluster } from "./figure-cluster.ts";

const STREAMS = 10;
const SHARDS_OF_STREAM = 1_000;
const IDLE_MS = 20_000;
const SETTLE_MS = 8_000;
const FAILOVER_TIMEOUT_MS = 60_000;
const TICKS_PER_SECOND = 100;

/** Creates them, waits, kills one node. */
export function manyShardsFigure(): Promise<Figure[]> {
  return onCluster({}, async (cluster, client) => {
    for (let stream = 0; stream < STREAMS; stream += 1) await createStream(client, `many-${stream}`, SHARDS_OF_STREAM);
    await delay(SETTLE_MS);
    const nodes = cluster.namesOf("storage-node");
    const before = nodes.map((name) => cpuSecondsOf(cluster, name));
    await delay(IDLE_MS);
    const idle = nodes.map((name, index) => (cpuSecondsOf(cluster, name) - (before[index] ?? 0)) / (IDLE_MS / 1000));
    const memory = nodes.map((name) => residentMiB(cluster, name));
    const failoverMs = await failover(cluster, nodes[0] ?? "");
    const worst = (values: readonly number[]): number => Math.max(...values);
    const how = `${(STREAMS * SHARDS_OF_STREAM).toLocaleString("en-US")} empty shards, three nodes on one machine, the worst of the three`;
    return [
      {
        name: "10,000 shards: idle CPU of a node",
        measured: `${(worst(idle) * 100).toFixed(1)} % of a core`,
        target: "≤ 5 %",
        how,
      },
      {
        name: "10,000 shards: memory of a node",
        measured: `${worst(memory).toFixed(0)} MiB resident`,
        target: "≤ 512 MiB",
        how,
      },
      {
        name: "10,000 shards: failover of one node's leaders",
        measured: `${(failoverMs / 1000).toFixed(1)} s`,
        target: "≤ 10 s",
        how: "from SIGKILL until the coordinator has a leader for every shard",
      },
    ];
  });
}

async function failover(cluster: ProcessCluster, name: string): Promise<number> {
  const coordinator = cluster.process("coordinator");
  const killedMs = performance.now();
  await cluster.process(name).keepDown();
  for (let begun = false; ;) {
    const [running, alive] = [
      await coordinator.metric("coordinator_epoch_changes_running"),
      await coordinator.metric("coordinator_nodes_alive"),
    ];
    begun ||= (running ?? 0) > 0;
    if (begun && running === 0 && alive === 2) return performance.now() - killedMs;
    if (performance.now() - killedMs > FAILOVER_TIMEOUT_MS) throw new Error(`${running} shards have no leader yet`);
    await delay(20);
  }
}

/** User and system time of a process, fields 14 and 15 of its stat. */
function cpuSecondsOf(cluster: ProcessCluster, name: string): number {
  const stat = readFileSync(`/proc/${cluster.process(name).pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function residentMiB(cluster: ProcessCluster, name: string): number {
  const status = readFileSync(`/proc/${cluster.process(name).pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}
