/** One chaos run: a cluster, its load, faults drawn from a seed, and the verdict. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { callUntilAnswered, GatewayClient, VerifiedLoad } from "@millrace/load";
import { ProcessCluster, seededRandom } from "@millrace/testkit";
import { SmallDisk, whyNoSmallDisks } from "../e2e/small-disks.ts";
import type { ChaosResult, FaultCount } from "./chaos-report.ts";
import { DISK_MIB, FLOOR_BYTES } from "./disk-faults.ts";
import { endlessDeck, mainFaults, sideFaults, type FaultKind } from "./fault-deck.ts";
import { below, SteppedClocks, type FaultTimes, type FaultWorld } from "./fault-world.ts";

const NODES = 3;
const SHARDS = 6;
const PRODUCERS = 6;
const MiB = 1024 * 1024;
const SEGMENT_BYTES = 8 * MiB;
const STREAM = "chaos";
const CALM_MAX_MS = 1_500;
const HEALED_TIMEOUT_MS = 90_000;
const LONG: FaultTimes = { downMaxMs: 4_000, pauseMaxMs: 20_000, networkMaxMs: 8_000 };
const SHORT: FaultTimes = { downMaxMs: 1_000, pauseMaxMs: 2_500, networkMaxMs: 2_000 };
/** What a process says in its log when it has met what it holds to be impossible. */
const DEFECTS = /ending because of a defect|a shard was halted|assertion failed/i;

/** What to run. */
export interface ChaosOptions {
  readonly seconds: number;
  readonly seed: number;
  /** Short faults, so that many fit. */
  readonly brisk: boolean;
  /** Only faults whose names contain this. */
  readonly only?: string;
  readonly say: (line: string) => void;
}

/** Runs; answers what was found and where the logs are. The directory is removed when nothing was wrong. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult & { readonly directory: string }> {
  const { seed, brisk } = options;
  const directory = mkdtempSync(join(tmpdir(), "millrace-chaos-"));
  const disks = mountDisks(directory);
  const clocks = SteppedClocks.inDirectory(join(directory, "clocks"));
  const beganMs = performance.now();
  const say = (line: string): void => {
    options.say(`${((performance.now() - beganMs) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  };
  const cluster = await ProcessCluster.start({
    dataDir: directory,
    nodes: NODES,
    gateways: 2,
    env: {
      MILLRACE_SEGMENT_BYTES: String(SEGMENT_BYTES),
      MILLRACE_DISK_FLOOR_BYTES: String(FLOOR_BYTES),
      MILLRACE_SCRUB_EVERY_MS: "5000",
    },
    envOf: (name) => (name.startsWith("node-") ? (clocks?.environmentOf(name) ?? {}) : {}),
  });
  let clean = false;
  try {
    const client = new GatewayClient(cluster.gatewayPorts);
    await createStream(client);
    const load = new VerifiedLoad({
      ports: cluster.gatewayPorts,
      streamName: STREAM,
      producers: PRODUCERS,
      pauseMs: 30,
      run: seed >>> 0,
    });
    const violate = (words: string): void => {
      say(`VIOLATION ${words}`);
      load.history.violate(words);
    };
    const world: FaultWorld = {
      cluster,
      streamName: STREAM,
      client,
      random: seededRandom(seed),
      times: brisk ? SHORT : LONG,
      disks,
      clocks,
      say,
      violate,
    };
    const counts = await hurt(world, load, options);
    say("all faults end");
    await heal(world);
    await load.stopPutting();
    const first = await load.verify();
    say(`${first.records} records read`);
    for (const each of cluster.processes.values()) each.kill();
    await delay(500);
    await cluster.waitReady(HEALED_TIMEOUT_MS);
    const second = await load.verifyAgain(first.orders);
    client.close();
    for (const line of defectsIn(directory)) violate(line);
    const { history } = load;
    const gaps = counts.worst;
    const result = {
      seed,
      seconds: options.seconds,
      faults: counts.faults,
      sent: history.sentCount,
      acknowledged: history.acknowledgedCount,
      verified: second.acknowledged,
      shards: second.shards,
      longestGapMs: gaps.anyMs,
      longestShardGapMs: gaps.shardMs,
      ownEnds: [...cluster.processes.values()].flatMap(({ options: { name }, ownEnds }) =>
        ownEnds.map((how) => `${name}: ${how}`),
      ),
      violationCount: history.violationCount,
      violations: history.violations,
      directory,
    };
    clean = history.violationCount === 0;
    return result;
  } finally {
    await cluster.stop();
    for (const disk of disks.values()) disk.unmount();
    if (clean) rmSync(directory, { recursive: true, force: true });
    else say(`logs and data: ${directory}`);
  }
}

interface HurtCounts {
  readonly faults: readonly FaultCount[];
  readonly worst: { anyMs: number; shardMs: number };
}

/** Two lanes of faults; those that destroy bytes wait until the other lane rests, and keep it resting. */
async function hurt(world: FaultWorld, load: VerifiedLoad, options: ChaosOptions): Promise<HurtCounts> {
  const { seconds, seed, only = "" } = options;
  const endMs = performance.now() + seconds * 1000;
  const faults = [...mainFaults, ...sideFaults].map(({ name, absent }): FaultCount => ({
    name,
    runs: 0,
    gapMs: 0,
    absent: absent?.(world),
  }));
  const wanted = (kinds: readonly FaultKind[]): FaultKind[] =>
    kinds.filter(({ name, absent }) => name.includes(only) && absent?.(world) === undefined);
  const worst = { anyMs: 0, shardMs: 0 };
  const countOf = (kind: FaultKind): FaultCount | undefined => faults.find(({ name }) => name === kind.name);
  let sideBusy: Promise<void> = Promise.resolve();
  let alone: Promise<void> | undefined;
  const takeGaps = (count: FaultCount | undefined): void => {
    const { anyMs, shardMs } = load.gaps.take();
    worst.anyMs = Math.max(worst.anyMs, anyMs);
    worst.shardMs = Math.max(worst.shardMs, shardMs);
    if (count !== undefined) count.gapMs = Math.max(count.gapMs, anyMs);
  };
  const main = async (): Promise<void> => {
    for (const kind of endlessDeck(world, wanted(mainFaults))) {
      const count = countOf(kind);
      if (performance.now() > endMs) return;
      let release = (): void => undefined;
      if (kind.alone === true) {
        alone = new Promise((resolve) => (release = resolve));
        await sideBusy;
      }
      takeGaps(undefined);
      await kind.run(world);
      release();
      alone = undefined;
      await putsGoOn(load);
      await delay(below(world.random, CALM_MAX_MS));
      if (count !== undefined) count.runs += 1;
      takeGaps(count);
    }
  };
  const side = async (): Promise<void> => {
    // Its own randomness: how the lanes interleave differs from run to run, what each draws does not.
    const ownWorld = { ...world, random: seededRandom(seed + 1) };
    for (const kind of endlessDeck(ownWorld, wanted(sideFaults))) {
      await delay(below(ownWorld.random, CALM_MAX_MS));
      await alone;
      if (performance.now() > endMs) return;
      sideBusy = kind.run(ownWorld);
      await sideBusy;
      const count = countOf(kind);
      if (count !== undefined) count.runs += 1;
    }
  };
  await Promise.all([main(), side()]);
  takeGaps(undefined);
  return { faults, worst };
}

/** Until a put succeeds: only then does what the fault cost in time stand. The final check tells whether it never came. */
async function putsGoOn({ gaps }: VerifiedLoad): Promise<void> {
  const sinceMs = performance.now();
  while ((gaps.lastMs ?? 0) < sinceMs && performance.now() < sinceMs + HEALED_TIMEOUT_MS) await delay(20);
}

/** Ends every fault, whatever was running. The cluster must become whole. */
async function heal({ cluster, clocks, disks, violate }: FaultWorld): Promise<void> {
  cluster.network.heal();
  for (const disk of disks.values()) disk.grow(DISK_MIB);
  for (const [name, each] of cluster.processes) {
    each.resume();
    each.start();
    clocks?.step(name, 0);
  }
  await cluster.waitReady(HEALED_TIMEOUT_MS);
  if (!(await cluster.waitWhole(HEALED_TIMEOUT_MS))) {
    violate(`not every shard had all its copies ${HEALED_TIMEOUT_MS / 1000} s after all faults had ended`);
  }
}

/** One node lies on a file system of its own, which can be filled. */
function mountDisks(directory: string): Map<string, SmallDisk> {
  const name = `node-${NODES}`;
  return whyNoSmallDisks(directory) === undefined
    ? new Map([[name, new SmallDisk(join(directory, name), DISK_MIB)]])
    : new Map();
}

async function createStream(client: GatewayClient): Promise<void> {
  await callUntilAnswered(client, "CreateStream", { StreamName: STREAM, ShardCount: SHARDS });
  for (;;) {
    const answer = await callUntilAnswered(client, "DescribeStreamSummary", { StreamName: STREAM });
    if ((answer["StreamDescriptionSummary"] as { StreamStatus: string }).StreamStatus === "ACTIVE") return;
    await delay(50);
  }
}

function defectsIn(directory: string): string[] {
  const logs = join(directory, "logs");
  if (!existsSync(logs)) return [];
  return readdirSync(logs).flatMap((file) =>
    readFileSync(join(logs, file), "utf8")
      .split("\n")
      .filter((line) => DEFECTS.test(line))
      .map((line) => `${file}: ${line.slice(0, 600)}`),
  );
}
