/** Calls to the leader of a shard, wherever it is by then: asked again after a change of leader, until a deadline. */
import { ServiceError } from "@millrace/base";
import type { ShardView } from "@millrace/coordinator";
import { replicaControlClient } from "@millrace/rpc";
import { callCoordinator } from "../operate/call-coordinator.ts";
import type { ClusterAddress } from "../operate/find-coordinator.ts";

const SEARCH_MS = 60_000;
const PAUSE_MS = 200;

/** Answers that asking again does not change. */
const FINAL: ReadonlySet<string> = new Set(["DAMAGED", "OVERLAP", "SHARD_IN_USE"]);

/** A client of a node's replicas. */
export type NodeClient = ReturnType<typeof replicaControlClient>;

/** What an answer must say to be judged. */
interface Answer {
  readonly ok: boolean;
  readonly why: string;
}

/** Connections to the nodes of a cluster and what was last known of the stream's shards. */
export class ShardLeaders {
  readonly #cluster: ClusterAddress;
  readonly #address: { readonly stream: string; readonly accountId: string; readonly region: string };
  readonly #clients = new Map<string, NodeClient>();
  #shards: readonly ShardView[] = [];
  #closed = false;
  #addresses = new Map<string, string>();

  constructor(cluster: ClusterAddress, { stream, accountId, region }: ShardLeaders["stream"]) {
    this.#cluster = cluster;
    this.#address = { stream, accountId, region };
  }

  get stream(): { readonly stream: string; readonly accountId: string; readonly region: string } {
    return this.#address;
  }

  /** Calls `ask` with the leader's client and replica until it answers `ok`. Errors: UNAVAILABLE with the last reason. */
  async ask<A extends Answer>(
    shardIndex: number,
    ask: (node: NodeClient, shard: ShardView, replicaUuid: string) => Promise<A>,
  ): Promise<A> {
    const giveUpMs = performance.now() + SEARCH_MS;
    for (;;) {
      const why = this.#closed ? "given up" : await this.#askOnce(shardIndex, ask);
      if (typeof why !== "string") return why;
      if (this.#closed || FINAL.has(why) || performance.now() > giveUpMs) {
        throw new ServiceError("UNAVAILABLE", `shard ${shardIndex} of ${this.#address.stream}: ${why}`);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      await this.refresh();
    }
  }

  /** Looks who leads now. */
  async refresh(): Promise<readonly ShardView[]> {
    const { nodes } = await callCoordinator(this.#cluster, "cluster.status", {});
    this.#addresses = new Map(nodes.map(({ nodeId, address }) => [nodeId, address]));
    this.#shards = await callCoordinator(this.#cluster, "shard.list", this.#address);
    return this.#shards;
  }

  /** Ends what is asked for, too: one failed shard must not leave the others at work. */
  close(): void {
    this.#closed = true;
    for (const client of this.#clients.values()) client.close();
  }

  async #askOnce<A extends Answer>(
    shardIndex: number,
    ask: (node: NodeClient, shard: ShardView, replicaUuid: string) => Promise<A>,
  ): Promise<A | string> {
    const shard = this.#shards.find((each) => Number(each.shardId.split("-")[1]) === shardIndex);
    const address = this.#addresses.get(shard?.leader ?? "");
    const copy = shard?.copies.find((each) => each.nodeId === shard.leader);
    if (shard === undefined || address === undefined || copy === undefined) return "it has no leader";
    const client = this.#clients.get(address) ?? replicaControlClient(address);
    this.#clients.set(address, client);
    try {
      const answer = await ask(client, shard, copy.replicaUuid);
      return answer.ok ? answer : answer.why;
    } catch (thrown) {
      return ServiceError.from(thrown).message;
    }
  }
}
