/** Three real storage nodes on loopback and one shard on all of them. */
import { mkdtemp, open, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, defaultConfig, MetricsRegistry, realClock, realRandom } from "@millrace/runtime";
import { startStorageNode, type RunningStorageNode, type StorageNodeOptions } from "../start-storage-node.ts";
import { SmallCoordinator, type Member } from "./small-coordinator.ts";
import { SmallGateway } from "./small-gateway.ts";

/** Changes to the configuration of every node. */
export interface ThreeNodesOptions {
  readonly limits?: "aws" | "off";
  readonly appendQueueBytes?: number;
  readonly retentionEveryMs?: number;
  readonly scrubEveryMs?: number;
  readonly stream?: { readonly retentionHours?: number; readonly shardMetrics?: string[] };
  readonly nodes?: number;
  readonly clockOf?: (zone: string) => StorageNodeOptions["clock"];
}

/** See the file comment. `close` ends and removes everything. */
export class ThreeNodes {
  readonly coordinator: SmallCoordinator = new SmallCoordinator();
  readonly nodes: Map<string, RunningStorageNode> = new Map();
  readonly #directories = new Map<string, string>();
  readonly #gateways = new Map<string, SmallGateway>();
  readonly #options: ThreeNodesOptions;
  #coordinatorAddress = "";
  #base = "";
  members: Member[] = [];

  private constructor(options: ThreeNodesOptions) {
    this.#options = options;
  }

  static async start(options: ThreeNodesOptions = {}): Promise<ThreeNodes> {
    const cluster = new ThreeNodes(options);
    cluster.#base = await mkdtemp(join(tmpdir(), "millrace-nodes-"));
    cluster.#coordinatorAddress = await cluster.coordinator.start();
    const count = options.nodes ?? 3;
    await Promise.all(
      ["a", "b", "c"].slice(0, count).map((zone) => cluster.startNode(join(cluster.#base, zone), zone)),
    );
    await cluster.coordinator.until(() => cluster.coordinator.nodeIds.length === count);
    cluster.members = [...cluster.nodes].map(([nodeId, { ready }]) => {
      return { nodeId, replicaUuid: `replica-${ready.zone}`, zone: ready.zone ?? "" };
    });
    cluster.members.sort((one, other) => one.zone.localeCompare(other.zone));
    await cluster.coordinator.createShard(1, cluster.members, options.stream);
    return cluster;
  }

  async startNode(directory: string, zone: string): Promise<RunningStorageNode> {
    const { limits = "off", appendQueueBytes, retentionEveryMs, scrubEveryMs = 0, clockOf } = this.#options;
    const node = await startStorageNode({
      config: defaultConfig("storage-node", {
        dataDir: directory,
        zone,
        limits,
        coordinators: [this.#coordinatorAddress],
        segmentBytes: 4 * 1024 * 1024,
        tailCacheBytes: 4 * 1024 * 1024,
        diskFloorBytes: 0,
        scrubEveryMs,
        ...(appendQueueBytes === undefined ? {} : { appendQueueBytes }),
      }),
      logger: createLogger({ role: "storage-node", level: process.env["TEST_LOG"] === "1" ? "debug" : "silent" }),
      registry: new MetricsRegistry({ role: "storage-node", version: "test" }),
      clock: clockOf?.(zone) ?? realClock,
      random: realRandom,
      ...(retentionEveryMs === undefined ? {} : { retentionEveryMs }),
      onFatal: (error) => {
        throw error;
      },
    });
    this.nodes.set(node.nodeId, node);
    this.#directories.set(node.nodeId, directory);
    return node;
  }

  /** Kills a node without letting it finish anything. */
  async kill(nodeId: string): Promise<void> {
    this.#gateways.get(nodeId)?.close();
    this.#gateways.delete(nodeId);
    await this.nodes.get(nodeId)?.abandon();
    this.nodes.delete(nodeId);
  }

  async restart(nodeId: string): Promise<RunningStorageNode> {
    const zone = this.members.find((member) => member.nodeId === nodeId)?.zone ?? "";
    const node = await this.startNode(this.#directories.get(nodeId) ?? "", zone);
    await this.coordinator.until(() => this.coordinator.addressOf(nodeId).endsWith(`:${node.port}`));
    return node;
  }

  to(nodeId: string): SmallGateway {
    const gateway = this.#gateways.get(nodeId) ?? new SmallGateway(this.coordinator.addressOf(nodeId));
    this.#gateways.set(nodeId, gateway);
    return gateway;
  }

  /** Changes one byte of every place in the node's journal files that holds `text`; answers how many there were. */
  async damage(nodeId: string, text: string): Promise<number> {
    const directory = join(this.#directories.get(nodeId) ?? "", "journal");
    let places = 0;
    for (const name of await readdir(directory)) {
      const file = await open(join(directory, name), "r+");
      const bytes = await file.readFile();
      for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) {
        await file.write(Buffer.from([(bytes[at] ?? 0) ^ 1]), 0, 1, at);
        places += 1;
      }
      await file.close();
    }
    return places;
  }

  /** Value of a metric of a node, by its name without the prefix. */
  async metric(nodeId: string, name: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.nodes.get(nodeId)?.adminPort}/metrics`)).text();
    const line = text.split("\n").find((each) => each.startsWith(`millrace_${name}`));
    return Number(line?.split(" ").at(-1) ?? Number.NaN);
  }

  /** Bytes of the node's journal files. */
  async journalBytes(nodeId: string): Promise<number> {
    const directory = join(this.#directories.get(nodeId) ?? "", "journal");
    const sizes = (await readdir(directory)).map((name) =>
      stat(join(directory, name)).then(
        ({ size }) => size,
        // Removed between listing and asking.
        () => 0,
      ),
    );
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  }

  /** Node ids in the order of zones; the first leads epoch 1. */
  get ids(): [string, string, string] {
    const [a = "", b = "", c = ""] = this.members.map(({ nodeId }) => nodeId);
    return [a, b, c];
  }

  async close(): Promise<void> {
    for (const gateway of this.#gateways.values()) gateway.close();
    await Promise.all([...this.nodes.values()].map((node) => node.abandon()));
    await this.coordinator.close();
    await rm(this.#base, { recursive: true, force: true });
  }
}
