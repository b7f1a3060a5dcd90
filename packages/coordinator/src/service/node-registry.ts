/**
 * Which nodes there are, which of them live, and what they report. A registration is checked against what is stored
 * (an old disk that came back is somebody else), made durable, and only then acted on.
 */
import {
  rangeOfFields,
  type NodeReport__Output,
  type RegisterReply,
  type RegisterRequest__Output,
} from "@millrace/rpc";
import type { Logger } from "@millrace/runtime";
import type { FailureDetector, Verdict } from "../epoch/failure-detector.ts";
import { lacksVersion } from "../operate/finalize-version.ts";
import type { ClusterRecord, NodeRecord, StateChange } from "../state/cluster-state.ts";
import type { ReplicaCalls } from "./replica-calls.ts";
import type { StateWriter } from "./state-writer.ts";

/** What a node that was heard of in this coordinator's life said last. */
export interface NodeSession {
  /** It has told this coordinator which replicas it holds. */
  hasRegistered: boolean;
  belowDiskFloor: boolean;
  /** It has asked for its leaders to be moved, because it is about to end. */
  stopping: boolean;
  storeBytes: number;
  diskFreeBytes: number;
  lastReportMs: number;
  /** Since when reports have come without a gap; a full list of the shards led is due every 5 s. */
  reportsSinceMs: number;
  stream: object | undefined;
}

/** What the registry tells the rest of the coordinator. */
export interface RegistryEvents {
  onUp(nodeId: string): void;
  onDown(nodeId: string): void;
  onRestarted(nodeId: string): void;
  onHeld(nodeId: string, replicaUuids: ReadonlySet<string>): void;
  onReport(report: NodeReport__Output): void;
}

/** What the registry works with. */
export interface RegistryParts {
  readonly writer: StateWriter;
  readonly detector: FailureDetector;
  readonly calls: ReplicaCalls;
  readonly logger: Logger;
  readonly monotonicMs: () => number;
  readonly events: RegistryEvents;
}

/** Nodes a cluster can have; a broken installer must not fill the metadata. */
const NODES_MAX = 1_000;
const tooMany = `a cluster has at most ${NODES_MAX} nodes`;
/** Gaps between reports above this start the count of {@link NodeSession.reportsSinceMs} anew. */
const REPORT_GAP_MS = 2_000;

/** See the file comment. */
export class NodeRegistry {
  readonly #parts: RegistryParts;
  readonly #sessions = new Map<string, NodeSession>();
  /** When each dead node died, or this coordinator first missed it. */
  readonly #diedMs = new Map<string, number>();
  #closed = false;

  constructor(parts: RegistryParts) {
    this.#parts = parts;
  }

  /** Nodes heard of in this coordinator's life. */
  get sessions(): ReadonlyMap<string, NodeSession> {
    return this.#sessions;
  }

  /** Alive according to the failure detector. */
  isUp(nodeId: string): boolean {
    return this.#parts.detector.isUp(nodeId);
  }

  /** How long the node has been dead to this coordinator; 0 for a live one. */
  deadForMs(nodeId: string): number {
    const diedMs = this.#diedMs.get(nodeId);
    return diedMs === undefined ? 0 : this.#parts.monotonicMs() - diedMs;
  }

  /** For how long reports have come without a gap. */
  heardForMs(nodeId: string, nowMs: number): number {
    const session = this.#sessions.get(nodeId);
    return session === undefined ? 0 : nowMs - session.reportsSinceMs;
  }

  isStopping(nodeId: string): boolean {
    return this.#sessions.get(nodeId)?.stopping === true;
  }

  /** Alive, and not about to end. */
  isWell(nodeId: string): boolean {
    return this.isUp(nodeId) && !this.isStopping(nodeId);
  }

  /** Well, and no operator wants it to lead nothing. */
  mayLead(nodeId: string): boolean {
    return this.isWell(nodeId) && this.#parts.writer.tables.nodes.get(nodeId)?.duty === undefined;
  }

  /** May lead, was heard of in this coordinator's life, and has disk space. */
  takesReplicas(nodeId: string): boolean {
    return this.mayLead(nodeId) && this.#sessions.get(nodeId)?.belowDiskFloor === false;
  }

  /** Accepts or refuses a node that has started. */
  async register(request: RegisterRequest__Output): Promise<RegisterReply> {
    const { nodeId, boot } = request;
    const before = this.#parts.writer.tables.nodes.get(nodeId);
    const why = await this.#parts.writer.submit("own", (state) => {
      const isFull = state.nodes.size >= NODES_MAX && !state.nodes.has(nodeId);
      const refusal = isFull ? tooMany : refuse(request, state.cluster, state.nodes.get(nodeId));
      if (refusal !== "") return { changes: [], result: refusal };
      const known = state.nodes.get(nodeId);
      const { protocolVersionMin, protocolVersionMax } = request;
      const { protocolVersionMin: _min, protocolVersionMax: _max, ...kept } = known ?? {};
      const spoken = protocolVersionMax > 0 ? { protocolVersionMin, protocolVersionMax } : {};
      const value: NodeRecord = { ...kept, nodeId, zone: request.zone, address: request.address, boot, ...spoken };
      const change: StateChange = { table: "node", key: nodeId, value };
      return { changes: sameNode(known, value) ? [] : [change], result: "" };
    });
    const { clusterId, coordinatorTerm } = this.#parts.writer.tables.cluster;
    // A new process has not asked for anything yet.
    const session = this.#sessions.get(nodeId);
    if (session !== undefined && before !== undefined && before.boot < boot) session.stopping = false;
    if (why !== "") {
      this.#parts.logger.error({ nodeId, boot, why }, "refused a node");
      const retired = this.#parts.writer.tables.nodes.get(nodeId)?.duty === "decommissioned";
      return { accepted: false, why, clusterId, coordinatorTerm, retired };
    }
    this.#parts.logger.info({ nodeId, boot, zone: request.zone, address: request.address }, "a node registered");
    if (before !== undefined && before.boot < boot) this.#parts.events.onRestarted(nodeId);
    this.#heard(nodeId).hasRegistered = true;
    this.#parts.events.onHeld(nodeId, new Set(request.replicas.map((replica) => replica.replicaUuid)));
    return { accepted: true, why: "", clusterId, coordinatorTerm };
  }

  /**
   * Takes a heartbeat. False: the node must register again, because it is not known with this boot, or because it has not
   * told this coordinator yet which replicas it holds: what an earlier one knew to be missing died with it.
   */
  report(report: NodeReport__Output, stream: object): boolean {
    const { nodeId } = report;
    if (this.#parts.writer.tables.nodes.get(nodeId)?.boot !== report.boot) return false;
    const session = this.#heard(nodeId);
    const nowMs = this.#parts.monotonicMs();
    if (session.stream !== stream) {
      session.stream = stream;
      this.#parts.detector.streamOpened(nodeId);
    }
    if (nowMs - session.lastReportMs > REPORT_GAP_MS) session.reportsSinceMs = nowMs;
    session.lastReportMs = nowMs;
    const { belowDiskFloor, stopping, storeBytes, diskFreeBytes } = report;
    Object.assign(session, { belowDiskFloor, stopping, storeBytes, diskFreeBytes });
    this.#parts.events.onReport(report);
    for (const other of report.unreachableNodeIds) {
      this.#act(this.#parts.detector.doubted(other, "unreachable", nowMs));
    }
    return session.hasRegistered;
  }

  /** The node's heartbeat stream ended. */
  streamBroke(nodeId: string, stream: object): void {
    const session = this.#sessions.get(nodeId);
    if (session?.stream !== stream) return;
    session.stream = undefined;
    this.#act(this.#parts.detector.doubted(nodeId, "streamBroke", this.#parts.monotonicMs()));
  }

  /** To be called every 100 ms or so. */
  tick(): void {
    this.#act(this.#parts.detector.tick(this.#parts.monotonicMs()));
  }

  /** Judges nobody any more: streams that end now end because of us. */
  close(): void {
    this.#closed = true;
  }

  #heard(nodeId: string): NodeSession {
    const nowMs = this.#parts.monotonicMs();
    let session = this.#sessions.get(nodeId);
    if (session === undefined) {
      const disk = { belowDiskFloor: false, storeBytes: 0, diskFreeBytes: 0 };
      session = {
        ...disk,
        hasRegistered: false,
        stopping: false,
        lastReportMs: nowMs,
        reportsSinceMs: nowMs,
        stream: undefined,
      };
      this.#sessions.set(nodeId, session);
    }
    this.#diedMs.delete(nodeId);
    if (this.#parts.detector.heard(nodeId, nowMs)) this.#parts.events.onUp(nodeId);
    return session;
  }

  #act(verdict: Verdict): void {
    if (this.#closed) return;
    for (const nodeId of verdict.probe) void this.#probe(nodeId);
    for (const nodeId of verdict.died) {
      this.#diedMs.set(nodeId, this.#parts.monotonicMs());
      this.#parts.logger.warn({ nodeId }, "a node is dead");
      this.#parts.events.onDown(nodeId);
    }
  }

  async #probe(nodeId: string): Promise<void> {
    const sentMs = this.#parts.monotonicMs();
    let answered = false;
    try {
      const reply = await this.#parts.calls.ping(nodeId);
      answered = reply.nodeId === nodeId;
    } catch {
      // A failed probe is the answer to the question it asked.
    }
    const nowMs = this.#parts.monotonicMs();
    const wasUp = this.isUp(nodeId);
    this.#act(this.#parts.detector.probed(nodeId, answered, sentMs, nowMs));
    if (this.isUp(nodeId)) this.#diedMs.delete(nodeId);
    if (!wasUp && this.isUp(nodeId)) this.#parts.events.onUp(nodeId);
  }
}

/** Why the registration is refused; empty when it is not. */
function refuse(request: RegisterRequest__Output, cluster: ClusterRecord, known: NodeRecord | undefined): string {
  const { clusterId } = cluster;
  if (request.nodeId === "" || request.zone === "" || request.address === "") {
    return "a registration names node, zone and address";
  }
  if (request.clusterId !== "" && request.clusterId !== clusterId) {
    return `the disk belongs to cluster ${request.clusterId}, this is ${clusterId}`;
  }
  if (known?.duty === "decommissioned") {
    return `node ${request.nodeId} was decommissioned: start it with an empty directory to use the machine again`;
  }
  if (known !== undefined && request.boot < known.boot) {
    return `the disk is an old copy: boot ${request.boot}, but ${known.boot} was seen before`;
  }
  if (known !== undefined && known.zone !== request.zone) {
    return `node ${request.nodeId} is in zone ${known.zone} and cannot move to ${request.zone}`;
  }
  return lacksVersion(`node ${request.nodeId}`, rangeOfFields(request), cluster) ?? "";
}

function sameNode(a: NodeRecord | undefined, b: NodeRecord): boolean {
  const isSame = a?.zone === b.zone && a.address === b.address && a.boot === b.boot;
  return isSame && a.protocolVersionMin === b.protocolVersionMin && a.protocolVersionMax === b.protocolVersionMax;
}
