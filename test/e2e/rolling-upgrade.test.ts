/**
 * Processes that speak the protocol version of the release before are replaced one after another by those of this one, and one
 * goes back in between, under producers that never pause; then the version is finalised and the old ones are shut out.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ProcessCluster, temporaryDirectory } from "@millrace/testkit";
import { PROTOCOL_VERSION_MAX } from "@millrace/rpc";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RetryingCaller } from "./retrying-caller.ts";
import { millrace } from "./run-command.ts";
import { SteadyProducers } from "./steady-producers.ts";

const VARIABLE = "MILLRACE_PROTOCOL_VERSION_MAX";
const newest = PROTOCOL_VERSION_MAX;
const before = newest - 1;
const StreamName = "upgraded";
const SHARDS = 6;
const NODES = ["node-1", "node-2", "node-3"] as const;
const GATEWAYS = ["gateway-1", "gateway-2"] as const;

const directory = temporaryDirectory();
let cluster: ProcessCluster;
let kinesis: RetryingCaller;

beforeAll(async () => {
  cluster = await ProcessCluster.start({
    dataDir: directory.path,
    nodes: NODES.length,
    gateways: GATEWAYS.length,
    env: { [VARIABLE]: String(before) },
  });
  const [first = 0, second = 0] = cluster.gatewayPorts;
  kinesis = new RetryingCaller([`http://127.0.0.1:${first}`, `http://127.0.0.1:${second}`]);
  await kinesis.ok("CreateStream", { StreamName, ShardCount: SHARDS });
  await kinesis.waitActive(StreamName);
});

afterAll(async () => {
  kinesis?.close();
  await cluster?.stop();
  directory.remove();
});

/** Restarts a process in order so that it speaks `version`, without waiting for anything. */
async function restartAs(version: number, name: string): Promise<void> {
  const process = cluster.process(name);
  process.setEnvironment({ [VARIABLE]: version === newest ? undefined : String(version) });
  await process.stop();
  process.start();
}

async function change(version: number, name: string): Promise<void> {
  await restartAs(version, name);
  await cluster.waitReady(60_000);
  expect([name, await cluster.waitWhole(60_000)]).toEqual([name, true]);
}

/** Runs `millrace cluster <command>` against the coordinator. */
function onCluster(command: string): ReturnType<typeof millrace> {
  return millrace(["cluster", command, "--json", "--coordinator", cluster.coordinatorAddress]);
}

const status = async (): Promise<Record<string, unknown>> =>
  JSON.parse((await onCluster("status")).stdout.toString()) as Record<string, unknown>;
const log = (name: string): string => readFileSync(join(directory.path, "logs", `${name}.log`), "utf8");

test("a rolling upgrade costs no put an error that a retry does not cover, and ends with the version finalised", async () => {
  const producers = new SteadyProducers({ kinesis, StreamName, label: "up", clients: 8, recordsPerPut: 10 });
  await producers.everyClientGoesOn();
  expect(await status()).toMatchObject({ protocolVersion: before, protocolVersionMax: before });

  await change(newest, "coordinator");
  await change(newest, "node-1");
  await producers.everyClientGoesOn();
  const early = await onCluster("finalize");
  expect([early.exitCode, early.stderr]).toEqual([
    2,
    expect.stringMatching(/do not speak.*: node .*, gateway .*, gate/),
  ]);
  for (const name of ["node-2", "node-3"]) await change(newest, name);
  await producers.everyClientGoesOn();
  // Until the version is finalised, any process may go back.
  await change(before, "node-2");
  await producers.everyClientGoesOn();
  await change(newest, "node-2");
  for (const name of GATEWAYS) await change(newest, name);
  await producers.everyClientGoesOn();

  expect(await status()).toMatchObject({ protocolVersion: before, protocolVersionMissing: [] });
  expect(await onCluster("finalize")).toMatchObject({ exitCode: 0 });
  expect(await status()).toMatchObject({ protocolVersion: newest });
  await producers.everyClientGoesOn();
  await producers.stop();
  process.stderr.write(`rolling upgrade: ${producers.requests} puts, ${kinesis.retries} attempts repeated\n`);
  expect(producers.failures).toEqual([]);
  await producers.expectStoredOnce(SHARDS);
}, 240_000);

test("what lacks the finalised version is not let in, says why, and is welcome again as what it was", async () => {
  const why = `version ${newest} is finalised for the cluster`;
  for (const name of ["node-3", "gateway-2", "coordinator"]) {
    await restartAs(before, name);
    await expect.poll(() => log(name), { timeout: 30_000 }).toContain(why);
    expect(await cluster.process(name).isReady()).toBe(false);
    await change(newest, name);
  }
  expect(await status()).toMatchObject({ protocolVersion: newest });
}, 120_000);
