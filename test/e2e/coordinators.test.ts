/**
 * Three coordinators over etcd. The elected one is killed, stopped and cut off from etcd under producers that never pause:
 * no put fails, another takes over, and control operations work again.
 */
import { etcdIsInstalled, launchCluster, launchEtcd, type LaunchedCluster, type LaunchedEtcd } from "@millrace/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { KinesisCaller } from "../contract/kinesis-caller.ts";
import { PutLedger } from "./put-ledger.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

const StreamName = "steady";
const SHARDS = 3;
const PRODUCERS = 6;

interface CoordinatorProcess {
  readonly name: string;
  readonly pid: number;
  readonly adminEndpoint: string;
}

describe.skipIf(!etcdIsInstalled())("coordinators (skipped without etcd: apt-get install etcd-server)", () => {
  let etcd: LaunchedEtcd;
  let proxy: TcpProxy;
  let cluster: LaunchedCluster;
  let kinesis: KinesisCaller;
  let ledger: PutLedger;
  let producers: Promise<unknown> = Promise.resolve();
  const load = { running: false, puts: 0 };
  let streams = 0;
  const refused: unknown[] = [];

  beforeAll(async () => {
    etcd = await launchEtcd();
    proxy = await startTcpProxy(etcd.endpoint);
    cluster = await launchCluster({ coordinators: 3, etcd: proxy.endpoint });
    kinesis = new KinesisCaller(cluster.endpoint);
    await kinesis.ok("CreateStream", { StreamName, ShardCount: SHARDS });
    await kinesis.waitActive(StreamName);
    ledger = new PutLedger(kinesis, StreamName, SHARDS);
  });
  afterAll(async () => {
    kinesis?.close();
    await cluster?.stop();
    await proxy?.close();
    await etcd?.stop();
  });
  beforeEach(() => {
    load.running = true;
    const produce = async (producer: number): Promise<void> => {
      while (load.running) {
        const answer = await ledger.put(producer % SHARDS, 100);
        load.puts += 1;
        if (answer.status !== 200) refused.push(answer.body);
      }
    };
    producers = Promise.all(Array.from({ length: PRODUCERS }, (_, producer) => produce(producer)));
  });
  afterEach(async () => {
    load.running = false;
    await producers;
    expect(refused).toEqual([]);
    await ledger.expectReadable();
    await cluster.waitHealthy();
  });

  const coordinators = (): CoordinatorProcess[] =>
    cluster.processes().filter((process) => process.role === "coordinator");
  const isActive = async ({ adminEndpoint }: CoordinatorProcess): Promise<boolean> => {
    try {
      const answer = await fetch(`${adminEndpoint}/metrics`, { signal: AbortSignal.timeout(500) });
      return /^millrace_coordinator_active 1$/m.test(await answer.text());
    } catch {
      // Dead or stopped.
      return false;
    }
  };
  /** Who acts, as a process: one that was killed and started again is another. */
  const active = async (except?: CoordinatorProcess): Promise<CoordinatorProcess> => {
    let found: CoordinatorProcess | undefined;
    const look = async (): Promise<boolean> => {
      for (const each of coordinators()) if (each.pid !== except?.pid && (await isActive(each))) found = each;
      return found !== undefined;
    };
    await expect.poll(look, { timeout: 30_000, interval: 50 }).toBe(true);
    if (found === undefined) throw new Error("polled until found");
    return found;
  };
  /** As a client does: a failure of the service is tried again. */
  const controlWorks = async (): Promise<void> => {
    streams += 1;
    const name = `stream-${streams}`;
    let tries = 0;
    const create = async (): Promise<number> => {
      tries += 1;
      const { status, body } = await kinesis.call("CreateStream", { StreamName: name, ShardCount: 1 });
      // A try that was answered with a failure may have made it. The caller names none of its tries, so that each is a new request.
      return body["__type"] === "ResourceInUseException" && tries > 1 ? 200 : status;
    };
    await expect.poll(create, { timeout: 30_000 }).toBe(200);
    await kinesis.waitActive(name);
  };
  const putsGoOn = async (): Promise<void> => {
    const before = load.puts;
    await expect.poll(() => load.puts, { timeout: 30_000 }).toBeGreaterThan(before + 10 * PRODUCERS);
  };

  test("the elected one is killed", async () => {
    const first = await active();
    cluster.kill(first.name, "SIGKILL");
    await controlWorks();
    expect((await active(first)).pid).not.toBe(first.pid);
    await putsGoOn();
  });

  test("the elected one is stopped, and is a standby when it wakes", async () => {
    const first = await active();
    cluster.kill(first.name, "SIGSTOP");
    await putsGoOn();
    await controlWorks();
    expect((await active(first)).pid).not.toBe(first.pid);
    cluster.kill(first.name, "SIGCONT");
    await controlWorks();
    await putsGoOn();
    expect(await isActive(first)).toBe(false);
  });

  test("the elected one is cut off from etcd", async () => {
    const first = await active();
    proxy.cut(first.pid);
    await controlWorks();
    const second = await active(first);
    expect(await isActive(first)).toBe(false);
    proxy.heal();
    await putsGoOn();
    expect((await active()).name).toBe(second.name);
  });

  test("etcd is away for longer than a lease", async () => {
    await active();
    etcd.kill("SIGSTOP");
    const nobody = async (): Promise<boolean> => {
      for (const each of coordinators()) if (await isActive(each)) return false;
      return true;
    };
    await expect.poll(nobody, { timeout: 30_000 }).toBe(true);
    await putsGoOn();
    etcd.kill("SIGCONT");
    await controlWorks();
  });

  test("a node fails over under a coordinator that took over", async () => {
    const first = await active();
    cluster.kill(first.name, "SIGKILL");
    await active(first);
    cluster.kill("node-1", "SIGKILL");
    await putsGoOn();
    await controlWorks();
  });
});
