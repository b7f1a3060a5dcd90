/**
 * A coarse model of the replication protocol, small enough to explore every reachable state. A message and its answer
 * are one step; any coordinator attempt and any leader of the past may still act. A record is named by the epoch that
 * wrote it, which is unique because an epoch is burnt once and has one leader.
 *
 * Epochs are single digits and index the arrays; entry 0 is unused. Sets of nodes are bit masks.
 */

/** Rules that can be taken away, to prove that the exploration would notice. */
export type RemovedRule =
  /** The leader's own log epoch is not stored. */
  | "leaderStoresLogEpoch"
  /** A peer adopts before its log reaches the leader's start. */
  | "adoptWhenComplete"
  /** Elections look at the last record's epoch. */
  | "explicitLogEpoch"
  /** Messages of a leader do not raise the promise. */
  | "messagesRaisePromise"
  /** A changed set is stored before it has been recovered. */
  | "setChangesAfterRecovery";

export interface ModelBounds {
  readonly epochsMax: number;
  readonly recordsMax: number;
  readonly setChangesMax: number;
}

export interface ModelNode {
  readonly promised: number;
  readonly logEpoch: number;
  /** One digit a record. */
  readonly log: string;
}

/** The leader of one epoch. `node` −1: its process has ended. */
export interface ModelLeader {
  readonly node: number;
  readonly start: number;
  readonly open: boolean;
  readonly target: number;
  readonly sealed: number;
  readonly acked: readonly number[];
  readonly adopted: number;
  readonly committed: number;
}

/** A coordinator's attempt to install an epoch. */
export interface ModelAttempt {
  readonly sealed: number;
  readonly target: number;
  /** Per node: its answer to the seal. */
  readonly reports: readonly (ModelReport | undefined)[];
}

interface ModelReport {
  readonly logEpoch: number;
  readonly logEnd: number;
}

export interface ModelState {
  readonly epoch: number;
  readonly set: number;
  readonly setChanges: number;
  readonly nodes: readonly ModelNode[];
  readonly leaders: readonly (ModelLeader | undefined)[];
  readonly attempts: readonly (ModelAttempt | undefined)[];
  readonly committed: string;
  /** Per committed record: the epoch whose leader committed it. */
  readonly committedIn: string;
}

export type ModelAction =
  | { readonly kind: "begin"; readonly epoch: number; readonly target: number }
  | { readonly kind: "seal"; readonly epoch: number; readonly node: number }
  | { readonly kind: "lead"; readonly epoch: number; readonly node: number }
  | { readonly kind: "crash"; readonly epoch: number }
  | { readonly kind: "sync"; readonly epoch: number; readonly node: number; readonly logEnd: number }
  | { readonly kind: "append"; readonly epoch: number; readonly node: number }
  | { readonly kind: "open"; readonly epoch: number }
  | { readonly kind: "put"; readonly epoch: number }
  | { readonly kind: "commit"; readonly epoch: number; readonly commitEnd: number };

/** Epoch 1 is open on node 0 and adopted by nodes 0, 1, 2. With set changes there is a spare node 3. */
export function initialModel(bounds: ModelBounds): ModelState {
  const count = bounds.setChangesMax > 0 ? 4 : 3;
  const nodes = Array.from({ length: count }, (_, index) => ({
    promised: index < 3 ? 1 : 0,
    logEpoch: index < 3 ? 1 : 0,
    log: "",
  }));
  const acked = nodes.map(() => 0);
  const first = { node: 0, start: 0, open: true, target: 7, sealed: 7, acked, adopted: 7, committed: 0 };
  return {
    epoch: 1,
    set: 7,
    setChanges: 0,
    nodes,
    leaders: [undefined, first],
    attempts: [],
    committed: "",
    committedIn: "",
  };
}

/** Every step that may come next. */
export function modelActions(state: ModelState, bounds: ModelBounds, removed?: RemovedRule): ModelAction[] {
  const actions: ModelAction[] = [];
  if (state.epoch < bounds.epochsMax) {
    for (const target of targets(state, bounds)) actions.push({ kind: "begin", epoch: state.epoch + 1, target });
  }
  for (const [epoch, attempt] of state.attempts.entries()) {
    if (attempt !== undefined && state.leaders[epoch] === undefined) attemptActions(state, epoch, attempt, actions);
  }
  for (const [epoch, leader] of state.leaders.entries()) {
    if (leader !== undefined && leader.node >= 0) leaderActions(state, epoch, leader, bounds, removed, actions);
  }
  return actions;
}

function targets(state: ModelState, bounds: ModelBounds): number[] {
  const found = [state.set];
  if (state.setChanges >= bounds.setChangesMax) return found;
  for (const leaving of members(state.set)) {
    for (const coming of state.nodes.keys()) {
      if (!has(state.set, coming)) found.push((state.set & ~(1 << leaving)) | (1 << coming));
    }
  }
  return found;
}

function attemptActions(state: ModelState, epoch: number, attempt: ModelAttempt, actions: ModelAction[]): void {
  const answered: number[] = [];
  for (const node of members(attempt.sealed)) {
    if (attempt.reports[node] !== undefined) answered.push(node);
    else if (nodeOf(state, node).promised <= epoch) actions.push({ kind: "seal", epoch, node });
  }
  if (answered.length < 2) return;
  const rank = (node: number) => (attempt.reports[node]?.logEpoch ?? 0) * 100 + (attempt.reports[node]?.logEnd ?? 0);
  const best = Math.max(...answered.map(rank));
  for (const node of answered) {
    const fits = rank(node) === best && has(attempt.target, node) && nodeOf(state, node).promised === epoch;
    if (fits) actions.push({ kind: "lead", epoch, node });
  }
}

function leaderActions(
  state: ModelState,
  epoch: number,
  leader: ModelLeader,
  bounds: ModelBounds,
  removed: RemovedRule | undefined,
  actions: ModelAction[],
): void {
  actions.push({ kind: "crash", epoch });
  const own = nodeOf(state, leader.node);
  for (const node of members(leader.target)) {
    const peer = nodeOf(state, node);
    if (node === leader.node || peer.promised > epoch) continue;
    if (peer.logEpoch === epoch) {
      if (peer.log.length < own.log.length) actions.push({ kind: "append", epoch, node });
    } else if (own.logEpoch === epoch || removed === "leaderStoresLogEpoch") {
      const common = commonLength(peer.log, own.log);
      const partial = Math.max(common, Math.min(own.log.length, Math.max(leader.start - 1, 0)));
      actions.push({ kind: "sync", epoch, node, logEnd: own.log.length });
      if (partial < own.log.length) actions.push({ kind: "sync", epoch, node, logEnd: partial });
    }
  }
  if (!leader.open) {
    const sameSet = leader.target === leader.sealed || removed === "setChangesAfterRecovery";
    if (members(leader.adopted).length >= 2 && (sameSet || state.epoch === epoch))
      actions.push({ kind: "open", epoch });
    return;
  }
  if (own.promised === epoch && own.log.length < bounds.recordsMax) actions.push({ kind: "put", epoch });
  const commitEnd = quorumEnd(state, leader);
  if (commitEnd > leader.committed && own.logEpoch === epoch) actions.push({ kind: "commit", epoch, commitEnd });
}

/** What `action` makes of `state`; a text when it breaks the promise of the protocol. */
export function applyModelAction(state: ModelState, action: ModelAction, removed?: RemovedRule): ModelState | string {
  const { epoch } = action;
  switch (action.kind) {
    case "begin": {
      const reports = state.nodes.map(() => undefined);
      const attempt = { sealed: state.set, target: action.target, reports };
      const setChanges = state.setChanges + (action.target === state.set ? 0 : 1);
      return { ...state, epoch, setChanges, attempts: placed(state.attempts, epoch, attempt) };
    }
    case "seal": {
      const node = nodeOf(state, action.node);
      const attempt = state.attempts[epoch];
      if (attempt === undefined) return "a seal without an attempt";
      const lastRecordEpoch = Number(node.log.at(-1) ?? 0);
      const logEpoch = removed === "explicitLogEpoch" ? lastRecordEpoch : node.logEpoch;
      const reports = replaced(attempt.reports, action.node, { logEpoch, logEnd: node.log.length });
      const sealed = withNode(state, action.node, { ...node, promised: epoch });
      return { ...sealed, attempts: placed(state.attempts, epoch, { ...attempt, reports }) };
    }
    case "lead":
      return lead(state, epoch, action.node, removed);
    case "crash": {
      const acked = state.nodes.map(() => 0);
      const gone = { node: -1, start: 0, open: false, target: 0, sealed: 0, acked, adopted: 0, committed: 0 };
      const attempts = epoch in state.attempts ? placed(state.attempts, epoch, undefined) : state.attempts;
      return { ...state, leaders: placed(state.leaders, epoch, gone), attempts };
    }
    default:
      return applyLeaderAction(state, action, removed);
  }
}

function lead(state: ModelState, epoch: number, node: number, removed: RemovedRule | undefined): ModelState | string {
  const attempt = state.attempts[epoch];
  if (attempt === undefined) return "a leader without an attempt";
  const own = nodeOf(state, node);
  const logEpoch = removed === "leaderStoresLogEpoch" ? own.logEpoch : epoch;
  const { sealed, target } = attempt;
  const acked = state.nodes.map(() => 0);
  const start = own.log.length;
  const leader = { node, start, open: false, target, sealed, acked, adopted: 1 << node, committed: 0 };
  const set = removed === "setChangesAfterRecovery" && state.epoch === epoch ? target : state.set;
  return { ...withNode(state, node, { ...own, logEpoch }), set, leaders: placed(state.leaders, epoch, leader) };
}

function applyLeaderAction(
  state: ModelState,
  action: Extract<ModelAction, { kind: "sync" | "append" | "open" | "put" | "commit" }>,
  removed: RemovedRule | undefined,
): ModelState | string {
  const { epoch } = action;
  const leader = state.leaders[epoch];
  if (leader === undefined) return "a leader acts that never was";
  const own = nodeOf(state, leader.node);
  switch (action.kind) {
    case "put":
      return withNode(state, leader.node, { ...own, log: own.log + String(epoch) });
    case "commit":
      return commit(state, epoch, leader, action.commitEnd);
    case "open": {
      const set = leader.target === leader.sealed ? state.set : leader.target;
      const lost = missing(state, epoch, own.log);
      return lost ?? commit({ ...state, set }, epoch, { ...leader, open: true }, leader.start);
    }
    default: {
      const peer = nodeOf(state, action.node);
      const logEnd = action.kind === "sync" ? action.logEnd : peer.log.length + 1;
      const log = action.kind === "sync" ? own.log.slice(0, logEnd) : peer.log + (own.log[peer.log.length] ?? "");
      const adopts = action.kind === "append" || logEnd >= leader.start || removed === "adoptWhenComplete";
      const promised = removed === "messagesRaisePromise" ? peer.promised : epoch;
      const changed = withNode(state, action.node, { promised, log, logEpoch: adopts ? epoch : peer.logEpoch });
      if (!adopts) return changed;
      const adopted = action.kind === "sync" ? leader.adopted | (1 << action.node) : leader.adopted;
      const acked = replaced(leader.acked, action.node, logEnd);
      return { ...changed, leaders: placed(state.leaders, epoch, { ...leader, adopted, acked }) };
    }
  }
}

function commit(state: ModelState, epoch: number, leader: ModelLeader, commitEnd: number): ModelState | string {
  const { log } = nodeOf(state, leader.node);
  let { committed, committedIn } = state;
  for (let offset = 0; offset < commitEnd; offset += 1) {
    const record = log[offset] ?? "?";
    if (offset < committed.length) {
      if (committed[offset] !== record)
        return `offset ${offset} was committed as ${committed[offset]}, now as ${record}`;
    } else {
      committed += record;
      committedIn += String(epoch);
    }
  }
  const next = { ...leader, committed: Math.max(leader.committed, commitEnd) };
  return { ...state, committed, committedIn, leaders: placed(state.leaders, epoch, next) };
}

function missing(state: ModelState, epoch: number, log: string): string | undefined {
  for (let offset = 0; offset < state.committed.length; offset += 1) {
    const earlier = Number(state.committedIn[offset]) < epoch;
    if (earlier && log[offset] !== state.committed[offset])
      return `epoch ${epoch} opens without committed offset ${offset}`;
  }
  return undefined;
}

function quorumEnd(state: ModelState, leader: ModelLeader): number {
  const own = nodeOf(state, leader.node).log.length;
  const ends = members(leader.target).map((node) => (node === leader.node ? own : (leader.acked[node] ?? 0)));
  return Math.min(ends.sort((a, b) => b - a)[1] ?? 0, own);
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1;
  return length;
}

/** The nodes of a set. */
export function members(set: number): number[] {
  const found: number[] = [];
  for (let node = 0; node < 4; node += 1) if (has(set, node)) found.push(node);
  return found;
}

function has(set: number, node: number): boolean {
  return ((set >> node) & 1) === 1;
}

function nodeOf(state: ModelState, node: number): ModelNode {
  const found = state.nodes[node];
  if (found === undefined) throw new Error(`the model has no node ${node}`);
  return found;
}

function withNode(state: ModelState, node: number, change: ModelNode): ModelState {
  return { ...state, nodes: replaced(state.nodes, node, change) };
}

function replaced<T>(list: readonly T[], index: number, value: T): T[] {
  const copy = list.slice();
  copy[index] = value;
  return copy;
}

function placed<T>(list: readonly (T | undefined)[], index: number, value: T | undefined): (T | undefined)[] {
  const copy = list.slice();
  while (copy.length < index) copy.push(undefined);
  copy[index] = value;
  return copy;
}
