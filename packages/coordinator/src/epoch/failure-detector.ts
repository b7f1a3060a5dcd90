/**
 * Decides which nodes are dead, from heartbeats and probes. Silence alone is not death: a probe must fail too, and when
 * many nodes fall silent at once the fault is likelier ours, so everything waits and is probed again.
 */

/** Silence after which a node is probed, and after which a node whose probe failed is dead. */
const PROBE_AFTER_MS = 900;
const DEAD_AFTER_MS = 1_500;
/** How long automatic failover pauses when too many nodes look dead at once. */
const MASS_PAUSE_MS = 3_000;
/** Silences that began within this time of each other are "at once". */
const MASS_WINDOW_MS = 10_000;
/** A tick this late means that we were stopped or busy, not they. */
const LATE_TICK_MS = 500;

interface Watched {
  lastHeardMs: number;
  streamOpen: boolean;
  /** A Ping is under way. */
  probing: boolean;
  /** When the last Ping that failed was sent; before `lastHeardMs` it says nothing. */
  failedProbeMs: number;
  dead: boolean;
}

/** What follows from a step. */
export interface Verdict {
  readonly probe: readonly string[];
  readonly died: readonly string[];
}

/** Times are monotonic milliseconds. */
export class FailureDetector {
  readonly #nodes = new Map<string, Watched>();
  #lastTickMs: number;
  #pausedUntilMs = -Infinity;

  constructor(nowMs: number) {
    this.#lastTickMs = nowMs;
  }

  /** Dead or never heard of is not up. */
  isUp(nodeId: string): boolean {
    return this.#nodes.get(nodeId)?.dead === false;
  }

  /** True while too many nodes look dead at once. */
  isPaused(nowMs: number): boolean {
    return nowMs < this.#pausedUntilMs;
  }

  /** Starts to watch a node known from before; it has until `nowMs` + `graceMs` to be heard of. */
  expect(nodeId: string, nowMs: number, graceMs: number): void {
    const lastHeardMs = nowMs + graceMs - DEAD_AFTER_MS;
    // No stream has broken yet: only silence beyond the grace counts.
    this.#nodes.set(nodeId, { lastHeardMs, streamOpen: true, probing: false, failedProbeMs: -Infinity, dead: false });
  }

  /** A heartbeat, a registration or an answered probe. True when the node was dead or unknown. */
  heard(nodeId: string, nowMs: number): boolean {
    const node = this.#nodes.get(nodeId);
    if (node === undefined) {
      this.expect(nodeId, nowMs, DEAD_AFTER_MS);
      return true;
    }
    const wasDead = node.dead;
    node.dead = false;
    node.lastHeardMs = Math.max(node.lastHeardMs, nowMs);
    return wasDead;
  }

  /** The node's heartbeat stream is open. */
  streamOpened(nodeId: string): void {
    const node = this.#nodes.get(nodeId);
    if (node !== undefined) node.streamOpen = true;
  }

  /** The heartbeat stream broke, or others cannot reach the node: probe it at once. */
  doubted(nodeId: string, cause: "streamBroke" | "unreachable", nowMs: number): Verdict {
    const node = this.#nodes.get(nodeId);
    if (node === undefined || node.dead) return { probe: [], died: [] };
    if (cause === "streamBroke") node.streamOpen = false;
    return { probe: this.#probe(nodeId, node, nowMs), died: [] };
  }

  /** A probe sent at `sentMs` ended. Failed with the stream broken: dead, without waiting for the silence. */
  probed(nodeId: string, answered: boolean, sentMs: number, nowMs: number): Verdict {
    const node = this.#nodes.get(nodeId);
    if (node === undefined) return { probe: [], died: [] };
    node.probing = false;
    if (answered) {
      this.heard(nodeId, nowMs);
      return { probe: [], died: [] };
    }
    node.failedProbeMs = sentMs;
    return { probe: [], died: this.#bury(nowMs) };
  }

  /** To be called every 100 ms or so. */
  tick(nowMs: number): Verdict {
    const lateMs = nowMs - this.#lastTickMs;
    this.#lastTickMs = nowMs;
    const probe: string[] = [];
    for (const [nodeId, node] of this.#nodes) {
      if (lateMs > LATE_TICK_MS) node.lastHeardMs = Math.min(nowMs, node.lastHeardMs + lateMs);
      if (!node.dead && nowMs - node.lastHeardMs >= PROBE_AFTER_MS) probe.push(...this.#probe(nodeId, node, nowMs));
    }
    return { probe, died: this.#bury(nowMs) };
  }

  #probe(nodeId: string, node: Watched, nowMs: number): string[] {
    if (node.probing || nowMs - node.failedProbeMs < LATE_TICK_MS) return [];
    node.probing = true;
    return [nodeId];
  }

  #bury(nowMs: number): string[] {
    const candidates = [...this.#nodes].filter(([, node]) => !node.dead && looksDead(node, nowMs));
    if (candidates.length === 0) return [];
    const newlySilent = [...this.#nodes.values()].filter(
      (node) => (node.dead || looksDead(node, nowMs)) && nowMs - node.lastHeardMs < MASS_WINDOW_MS,
    ).length;
    if (this.isPaused(nowMs)) return [];
    if (newlySilent >= massCount(this.#nodes.size) && this.#pausedUntilMs < nowMs - MASS_WINDOW_MS) {
      this.#pausedUntilMs = nowMs + MASS_PAUSE_MS;
      // What failed before the pause is no evidence after it.
      for (const [, node] of candidates) node.failedProbeMs = -Infinity;
      return [];
    }
    for (const [, node] of candidates) node.dead = true;
    return candidates.map(([nodeId]) => nodeId);
  }
}

function looksDead(node: Watched, nowMs: number): boolean {
  if (node.failedProbeMs < node.lastHeardMs) return false;
  return !node.streamOpen || nowMs - node.lastHeardMs >= DEAD_AFTER_MS;
}

/** How many nodes must look dead at once for the fault to be ours: two of up to three, else more than a third. */
function massCount(nodeCount: number): number {
  return nodeCount < 4 ? 2 : Math.floor(nodeCount / 3) + 1;
}
