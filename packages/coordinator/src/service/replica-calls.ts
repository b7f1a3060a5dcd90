/** What the coordinator asks of storage nodes, batched: one call a node. The seam for tests and the simulator. */
import { ServiceError } from "@millrace/base";
import {
  callUnary,
  replicaControlClient,
  type ConfirmOpenRequest,
  type CreateReplicasRequest,
  type DropOne,
  type DropRequest,
  type HandOverOne,
  type HandOverRequest,
  type LearnersOfShard,
  type PingReply__Output,
  type PingRequest,
  type RecoverOne,
  type RecoverRequest,
  type ReplicaControlClient,
  type ReplicaResult__Output,
  type ReplicaResults__Output,
  type ReplicaToCreate,
  type ResumeOne,
  type ResumeReplicasRequest,
  type SealOne,
  type SealReplies__Output,
  type SealRequest,
  type SetLearnersRequest,
  type ShardEpoch,
  type ShardEpochs,
} from "@millrace/rpc";

/** Deadlines. A hung node must not hold back the others, which are asked in calls of their own. */
const CALL_TIMEOUT_MS = 4_000;
const PING_TIMEOUT_MS = 500;

/** Every call rejects with UNAVAILABLE, DEADLINE or INTERNAL; then nothing is known of its effect. */
export interface ReplicaCalls {
  createReplicas(nodeId: string, replicas: ReplicaToCreate[]): Promise<ReplicaResult__Output[]>;
  seal(nodeId: string, shards: SealOne[]): Promise<SealReplies__Output>;
  recover(nodeId: string, shards: RecoverOne[]): Promise<ReplicaResult__Output[]>;
  confirmOpen(nodeId: string, shards: ShardEpoch[]): Promise<ReplicaResult__Output[]>;
  setLearners(nodeId: string, shards: LearnersOfShard[]): Promise<ReplicaResult__Output[]>;
  handOver(nodeId: string, shards: HandOverOne[]): Promise<ReplicaResult__Output[]>;
  closeShards(nodeId: string, shards: ShardEpoch[]): Promise<ReplicaResult__Output[]>;
  dropReplicas(nodeId: string, shards: DropOne[]): Promise<ReplicaResult__Output[]>;
  resumeReplicas(nodeId: string, shards: ResumeOne[]): Promise<ReplicaResult__Output[]>;
  ping(nodeId: string): Promise<PingReply__Output>;
  close(): void;
}

/** Where a node is reached; undefined when it is not known. */
export type AddressOf = (nodeId: string) => string | undefined;

/** What a method of the client is called with. */
type CallArguments<Request> = Parameters<Parameters<typeof callUnary<Request, ReplicaResults__Output>>[0]>;

/** {@link ReplicaCalls} over gRPC, one connection a node. `coordinatorTerm` goes into every request. */
export class GrpcReplicaCalls implements ReplicaCalls {
  readonly #coordinatorTerm: number;
  readonly #addressOf: AddressOf;
  readonly #clients = new Map<string, { readonly address: string; readonly client: ReplicaControlClient }>();

  constructor(coordinatorTerm: number, addressOf: AddressOf) {
    this.#coordinatorTerm = coordinatorTerm;
    this.#addressOf = addressOf;
  }

  createReplicas(nodeId: string, replicas: ReplicaToCreate[]): Promise<ReplicaResult__Output[]> {
    return this.#results<CreateReplicasRequest>(nodeId, { replicas }, (client, ...call) =>
      client.createReplicas(...call),
    );
  }

  async seal(nodeId: string, shards: SealOne[]): Promise<SealReplies__Output> {
    const client = this.#client(nodeId);
    const request = { coordinatorTerm: this.#coordinatorTerm, shards };
    return callUnary<SealRequest, SealReplies__Output>(
      (asked, options, done) => client.seal(asked, options, done),
      request,
      CALL_TIMEOUT_MS,
    );
  }

  recover(nodeId: string, shards: RecoverOne[]): Promise<ReplicaResult__Output[]> {
    return this.#results<RecoverRequest>(nodeId, { shards }, (client, ...call) => client.recover(...call));
  }

  confirmOpen(nodeId: string, shards: ShardEpoch[]): Promise<ReplicaResult__Output[]> {
    return this.#results<ConfirmOpenRequest>(nodeId, { shards }, (client, ...call) => client.confirmOpen(...call));
  }

  setLearners(nodeId: string, shards: LearnersOfShard[]): Promise<ReplicaResult__Output[]> {
    return this.#results<SetLearnersRequest>(nodeId, { shards }, (client, ...call) => client.setLearners(...call));
  }

  handOver(nodeId: string, shards: HandOverOne[]): Promise<ReplicaResult__Output[]> {
    return this.#results<HandOverRequest>(nodeId, { shards }, (client, ...call) => client.handOver(...call));
  }

  closeShards(nodeId: string, shards: ShardEpoch[]): Promise<ReplicaResult__Output[]> {
    return this.#results<ShardEpochs>(nodeId, { shards }, (client, ...call) => client.closeShards(...call));
  }

  dropReplicas(nodeId: string, shards: DropOne[]): Promise<ReplicaResult__Output[]> {
    return this.#results<DropRequest>(nodeId, { shards }, (client, ...call) => client.dropReplicas(...call));
  }

  resumeReplicas(nodeId: string, shards: ResumeOne[]): Promise<ReplicaResult__Output[]> {
    return this.#results<ResumeReplicasRequest>(nodeId, { shards }, (client, ...call) =>
      client.resumeReplicas(...call),
    );
  }

  async ping(nodeId: string): Promise<PingReply__Output> {
    const client = this.#client(nodeId);
    return callUnary<PingRequest, PingReply__Output>(
      (asked, options, done) => client.ping(asked, options, done),
      {},
      PING_TIMEOUT_MS,
    );
  }

  close(): void {
    for (const { client } of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  /** Calls a method that answers a result for each shard. */
  async #results<Request>(
    nodeId: string,
    shards: Request,
    call: (client: ReplicaControlClient, ...args: CallArguments<Request>) => unknown,
  ): Promise<ReplicaResult__Output[]> {
    const client = this.#client(nodeId);
    const request = { ...shards, coordinatorTerm: this.#coordinatorTerm };
    const reply = await callUnary<Request, ReplicaResults__Output>(
      (...args) => call(client, ...args),
      request,
      CALL_TIMEOUT_MS,
    );
    return reply.results;
  }

  #client(nodeId: string): ReplicaControlClient {
    const address = this.#addressOf(nodeId);
    if (address === undefined) throw new ServiceError("UNAVAILABLE", `node ${nodeId} is not known`);
    const known = this.#clients.get(nodeId);
    if (known?.address === address) return known.client;
    known?.client.close();
    const client = replicaControlClient(address);
    this.#clients.set(nodeId, { address, client });
    return client;
  }
}
