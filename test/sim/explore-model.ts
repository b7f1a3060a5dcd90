/** Breadth-first exploration of the model: every state within the bounds once, and the shortest way to a violation. */
import {
  applyModelAction,
  initialModel,
  modelActions,
  type ModelAction,
  type ModelBounds,
  type ModelState,
  type RemovedRule,
} from "./exhaustive-model.ts";

export interface Exploration {
  /** Every state within the bounds was visited. */
  readonly complete: boolean;
  readonly stateCount: number;
  readonly violation: string | undefined;
  /** The steps that lead to the violation, oldest first. */
  readonly schedule: readonly ModelAction[];
}

interface Visited {
  readonly state: ModelState;
  readonly from: Visited | undefined;
  readonly by: ModelAction | undefined;
}

/** Explores from `from` until done, until a violation, or until `statesMax` states are known. */
export function exploreModel(
  bounds: ModelBounds,
  removed?: RemovedRule,
  from: ModelState = initialModel(bounds),
  statesMax = 10_000_000,
): Exploration {
  const first: Visited = { state: from, from: undefined, by: undefined };
  const known = new Set([modelKey(first.state)]);
  let front = [first];
  while (front.length > 0) {
    const next: Visited[] = [];
    for (const visited of front) {
      for (const action of modelActions(visited.state, bounds, removed)) {
        const state = applyModelAction(visited.state, action, removed);
        if (typeof state === "string") {
          const schedule = [...scheduleTo(visited), action];
          return { complete: false, stateCount: known.size, violation: state, schedule };
        }
        const key = modelKey(state);
        if (known.has(key)) continue;
        known.add(key);
        if (known.size >= statesMax) {
          return { complete: false, stateCount: known.size, violation: undefined, schedule: [] };
        }
        next.push({ state, from: visited, by: action });
      }
    }
    front = next;
  }
  return { complete: true, stateCount: known.size, violation: undefined, schedule: [] };
}

function scheduleTo(visited: Visited): ModelAction[] {
  const schedule: ModelAction[] = [];
  for (let at: Visited | undefined = visited; at?.by !== undefined; at = at.from) schedule.push(at.by);
  return schedule.toReversed();
}

/** A text that two states share only if they are equal. */
function modelKey(state: ModelState): string {
  let key = `${state.epoch},${state.set},${state.setChanges},${state.committed},${state.committedIn}`;
  for (const node of state.nodes) key += `|${node.promised},${node.logEpoch},${node.log}`;
  for (const leader of state.leaders) {
    key += "/";
    if (leader === undefined) continue;
    key += `${leader.node},${leader.start},${leader.open ? 1 : 0},${leader.target},${leader.adopted},${leader.committed}`;
    for (const acked of leader.acked) key += `.${acked}`;
  }
  for (const attempt of state.attempts) {
    key += "+";
    if (attempt === undefined) continue;
    key += `${attempt.sealed},${attempt.target}`;
    for (const report of attempt.reports) key += report === undefined ? "-" : `.${report.logEpoch},${report.logEnd}`;
  }
  return key;
}
