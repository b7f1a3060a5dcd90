/** What a chaos run did and found, as a section of docs/reliability.md. */
import { cpus } from "node:os";

/** Counts of one kind of fault. */
export interface FaultCount {
  readonly name: string;
  runs: number;
  /** Longest time without any successful put that ended while it ran or right after, in milliseconds. */
  gapMs: number;
  /** Why it never ran, when it cannot run here. */
  readonly absent: string | undefined;
}

/** Everything a run found. */
export interface ChaosResult {
  readonly seed: number;
  readonly seconds: number;
  readonly faults: readonly FaultCount[];
  readonly sent: number;
  readonly acknowledged: number;
  /** Acknowledged records found by the last scan. */
  readonly verified: number;
  readonly shards: number;
  /** Longest time in which no put at all succeeded, and in which none to some shard did. */
  readonly longestGapMs: number;
  readonly longestShardGapMs: number;
  /** Times a process ended by itself, e.g. a node whose disk was full. */
  readonly ownEnds: readonly string[];
  readonly violationCount: number;
  readonly violations: readonly string[];
}

/** The generated section. */
export function chaosSection(result: ChaosResult, date: Date): string {
  const { seed, seconds, faults, sent, acknowledged, verified, shards } = result;
  const runs = faults.reduce((sum, fault) => sum + fault.runs, 0);
  const perSecond = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const ran = faults.filter(({ absent }) => absent === undefined);
  const absent = faults.filter((fault) => fault.absent !== undefined);
  const verdict =
    result.violationCount === 0
      ? "None was lost, reordered, invented, doubled or altered."
      : `**But ${result.violationCount} times something did not hold**, first: ${result.violations[0]}.`;
  return [
    "## Chaos",
    "",
    `Real processes on one machine (${cpus().length} processors), ${date.toISOString().slice(0, 10)}: \`make chaos MINUTES=${Number((seconds / 60).toFixed(1))} SEED=${seed}\`. Three storage nodes, a`,
    "coordinator and two gateways under producers that never pause, readers that follow every shard, and faults drawn from the seed.",
    `${runs} faults ran. ${count(sent)} records were sent, ${count(acknowledged)} acknowledged, ${count(verified)} of these found again in ${shards} shards:`,
    "each once, byte for byte, under its number, in the order in which every reader had seen it, before and after one more",
    `kill -9 of everything. ${verdict}`,
    "",
    `Longest time in which no put at all succeeded: ${perSecond(result.longestGapMs)}; in which none to one of the shards did: ${perSecond(result.longestShardGapMs)}.`,
    "",
    "| fault | times | longest time without any successful put |",
    "|---|---:|---:|",
    ...ran.map(({ name, runs: times, gapMs }) => `| ${name} | ${times} | ${perSecond(gapMs)} |`),
    ...(absent.length === 0
      ? []
      : ["", `Not run here: ${absent.map((each) => `${each.name} (${each.absent})`).join(", ")}.`]),
  ].join("\n");
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
