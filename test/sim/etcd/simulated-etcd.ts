/**
 * An etcd of some members over one store. A member serves while it reaches a majority; what it was asked before then waits
 * and may be carried out long after its caller has given up, as may what was carried out and never answered.
 */
import { grpcStatus } from "@millrace/rpc";
import type { Dice } from "../world/dice.ts";
import type { SimulatedNetwork } from "../world/simulated-network.ts";
import type { SimulatedProcess } from "../world/simulated-process.ts";
import type { SimulatedRpc } from "../world/simulated-rpc.ts";
import type { Simulation } from "../world/simulation.ts";
import { EtcdStore, type StoreCondition, type StoredPair, type StoreWrite } from "./etcd-store.ts";

export const ETCD_PORT = 2379;
/** As etcd does it, twice a second. */
const EXPIRE_EVERY_MS = 500;
const CONSENSUS_MAX_MS = 2.5;
const LOOK_AGAIN_MS = 100;
/** etcd's own limit of a proposal: five seconds and two election times. */
const PROPOSAL_LIMIT_MS = 7000;
/** Of the proposals that were given up, some had been made all the same. */
const MADE_ALL_THE_SAME = 0.3;

/** Who asks. */
export interface EtcdCaller {
  readonly host: string;
  readonly process: SimulatedProcess;
}

/** A transaction that was carried out. */
export interface EtcdWritten {
  readonly caller: EtcdCaller;
  readonly writes: readonly StoreWrite[];
  /** As it is after the writes. */
  readonly store: EtcdStore;
}

/** What it stands on. */
export interface EtcdParts {
  readonly simulation: Simulation;
  readonly network: SimulatedNetwork;
  readonly members: readonly string[];
  /** Whether a process runs at a member. */
  readonly isUp: (member: string) => boolean;
}

type Answer = (error: unknown, reply?: unknown) => void;
interface UnaryCall<Request> {
  readonly request: Request;
  readonly caller: EtcdCaller;
}
interface KeyRange {
  readonly key: Buffer;
  readonly rangeEnd: Buffer;
}
interface TxnMessage {
  readonly compare: readonly {
    readonly target: string;
    readonly key: Buffer;
    readonly createRevision: number;
    readonly value: Buffer;
  }[];
  readonly success: readonly {
    readonly requestPut?: { readonly key: Buffer; readonly value: Buffer; readonly lease: number } | null;
    readonly requestDeleteRange?: KeyRange | null;
  }[];
  readonly failure: readonly { readonly requestRange?: KeyRange | null }[];
}
interface KeepAliveStream {
  on(event: "data", listener: (request: { readonly ID: number }) => void): void;
  on(event: "end" | "cancelled", listener: () => void): void;
  write(reply: object): void;
  end(): void;
  destroy(error: object): void;
}

/** See the file comment. */
export class SimulatedEtcd {
  readonly store: EtcdStore = new EtcdStore();
  /** While true no member reaches another. */
  unavailable = false;
  /** So many of the next transactions are carried out, and their callers do not hear of it. */
  lostAnswers = 0;
  /** Called with the process whose transaction is about to be carried out, and when it was, before it hears of it. */
  onCommit: ((process: SimulatedProcess, stored: boolean) => void) | undefined;
  /** Hears of every transaction that was carried out. */
  onWritten: ((written: EtcdWritten) => void) | undefined;
  /** Called with what happened to whoever asked. */
  onTrouble: ((what: string) => void) | undefined;
  readonly #parts: EtcdParts;
  readonly #dice: Dice;
  #hadLeader = true;

  constructor(parts: EtcdParts) {
    this.#parts = parts;
    this.#dice = parts.simulation.dice.forConcern("etcd");
    this.#expireForEver();
  }

  /** Has `process` serve as a member. */
  serve(rpc: SimulatedRpc, member: string, process: SimulatedProcess): void {
    const kv = {
      Range: ({ request }: UnaryCall<KeyRange & { limit: number; revision: number }>, answer: Answer) =>
        this.#propose(member, process, answer, () => this.#range(request)),
      Txn: ({ request, caller }: UnaryCall<TxnMessage>, answer: Answer) =>
        this.#propose(member, process, answer, () => this.#transact(member, caller, request)),
    };
    const lease = {
      LeaseGrant: ({ request: { ID, TTL } }: UnaryCall<{ ID: number; TTL: number }>, answer: Answer) =>
        this.#propose(member, process, answer, () => {
          this.store.grant(ID, TTL, this.#nowMs);
          return { ID, TTL };
        }),
      LeaseRevoke: ({ request }: UnaryCall<{ ID: number }>, answer: Answer) =>
        this.#propose(member, process, answer, () => {
          if (this.store.revoke(request.ID)) return {};
          throw failure(grpcStatus.NOT_FOUND, "etcdserver: requested lease not found");
        }),
      LeaseKeepAlive: (stream: KeepAliveStream) => {
        stream.on("end", () => stream.end());
        stream.on("data", ({ ID }) => {
          const answer: Answer = (error, reply) => {
            if (error === null) stream.write(reply as object);
            else stream.destroy(error as object);
          };
          this.#propose(member, process, answer, () => ({ ID, TTL: this.store.keepAlive(ID, this.#nowMs) }));
        });
      },
    };
    rpc.serve(process, `${member}:${ETCD_PORT}`, { KV: kv, Lease: lease });
  }

  get #nowMs(): number {
    return this.#parts.simulation.nowMs;
  }

  #header(): { header: { revision: number } } {
    return { header: { revision: this.store.revision } };
  }

  /** Carries `work` out once the member reaches a majority. What it throws is the answer. */
  #propose(member: string, process: SimulatedProcess, answer: Answer, work: () => object): void {
    const { simulation } = this.#parts;
    const limitMs = this.#nowMs + PROPOSAL_LIMIT_MS;
    let isGivenUp = false;
    const attempt = (): void => {
      if (!this.#hasQuorum(member)) {
        if (this.#nowMs > limitMs && !isGivenUp) {
          isGivenUp = true;
          this.onTrouble?.("metadata store refused");
          answer(failure(grpcStatus.UNAVAILABLE, "etcdserver: request timed out"));
          if (!this.#dice.chance(MADE_ALL_THE_SAME)) return;
        }
        return void simulation.after(LOOK_AGAIN_MS, process, attempt);
      }
      try {
        const reply = { ...work(), ...this.#header() };
        if (!isGivenUp) answer(null, reply);
      } catch (error) {
        if (!isFailure(error)) throw error;
        if (!isGivenUp) answer(error);
      }
    };
    simulation.after(this.#dice.between(0.2, CONSENSUS_MAX_MS), process, attempt);
  }

  #range({ key, rangeEnd, limit, revision }: KeyRange & { limit: number; revision: number }): object {
    const pairs = this.store.range(key.toString(), endOf(rangeEnd), revision);
    const taken = limit === 0 ? pairs : pairs.slice(0, limit);
    return { kvs: taken.map(message), more: taken.length < pairs.length };
  }

  #transact(member: string, caller: EtcdCaller, request: TxnMessage): object {
    const conditions = request.compare.map(({ target, key, createRevision, value }): StoreCondition =>
      target === "CREATE" ? { key: key.toString(), createRevision } : { key: key.toString(), value },
    );
    if (!this.store.holds(conditions)) {
      this.#parts.simulation.happened("transaction of etcd refused");
      const responses = request.failure.map(({ requestRange }) => ({
        responseRange: { kvs: this.store.range(requestRange?.key.toString() ?? "", undefined).map(message) },
      }));
      return { succeeded: false, responses };
    }
    const writes = request.success.map(({ requestPut, requestDeleteRange }): StoreWrite => {
      if (requestPut === null || requestPut === undefined)
        return { remove: requestDeleteRange?.key.toString() ?? "", end: endOf(requestDeleteRange?.rangeEnd) };
      return { put: requestPut.key.toString(), value: requestPut.value, leaseId: requestPut.lease };
    });
    this.onCommit?.(caller.process, false);
    // Whoever dies before his commit has not made it.
    if (!caller.process.alive) throw failure(grpcStatus.CANCELLED, "the connection was lost");
    if (!this.store.write(writes)) throw failure(grpcStatus.NOT_FOUND, "etcdserver: requested lease not found");
    this.onWritten?.({ caller, writes, store: this.store });
    this.onCommit?.(caller.process, true);
    if (this.lostAnswers > 0) {
      this.lostAnswers -= 1;
      this.onTrouble?.("commit of unknown outcome");
      this.#parts.simulation.transcript.tell("etcd", `${caller.host} does not hear that it wrote`);
      this.#parts.network.loseConnections(member, caller.host);
    }
    return { succeeded: true, responses: [] };
  }

  #hasQuorum(member: string): boolean {
    const { members, network, isUp } = this.#parts;
    if (this.unavailable && members.length > 0) return false;
    const reached = members.filter((other) => isUp(other) && network.connects(member, other));
    return isUp(member) && reached.length > members.length / 2;
  }

  #expireForEver(): void {
    const { simulation, members } = this.#parts;
    simulation.after(EXPIRE_EVERY_MS, undefined, () => {
      const hasLeader = members.some((member) => this.#hasQuorum(member));
      if (hasLeader && !this.#hadLeader) this.store.extendLeases(this.#nowMs);
      this.#hadLeader = hasLeader;
      if (hasLeader) this.store.expire(this.#nowMs);
      this.#expireForEver();
    });
  }
}

function message({ key, value, createRevision, leaseId }: StoredPair): object {
  return { key: Buffer.from(key), value, createRevision, lease: leaseId };
}

function endOf(rangeEnd: Buffer | undefined): string | undefined {
  return rangeEnd === undefined || rangeEnd.length === 0 ? undefined : rangeEnd.toString();
}

function failure(code: number, details: string): { code: number; details: string } {
  return { code, details };
}

function isFailure(error: unknown): boolean {
  return typeof error === "object" && error !== null && "details" in error;
}
