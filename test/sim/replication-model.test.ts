/**
 * The protocol's model, explored completely within small bounds, and the real replicas driven through the model's
 * schedules. Larger bounds: MILLRACE_MODEL_EPOCHS, MILLRACE_MODEL_RECORDS, MILLRACE_MODEL_SET_CHANGES,
 * MILLRACE_MODEL_WALKS.
 */
import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../packages/replication/src/testing/seeded-random.ts";
import {
  applyModelAction,
  initialModel,
  modelActions,
  type ModelAction,
  type ModelBounds,
  type ModelState,
  type RemovedRule,
} from "./exhaustive-model.ts";
import { exploreModel } from "./explore-model.ts";
import { describeSchedule, isRealStep, ModelOnReplicas, ownSteps } from "./model-on-replicas.ts";

const BOUNDS: ModelBounds = {
  epochsMax: fromEnvironment("MILLRACE_MODEL_EPOCHS", 3),
  recordsMax: fromEnvironment("MILLRACE_MODEL_RECORDS", 2),
  setChangesMax: fromEnvironment("MILLRACE_MODEL_SET_CHANGES", 0),
};
const WALKS = fromEnvironment("MILLRACE_MODEL_WALKS", 400);
const WALK_STEPS = 80;

/** Bounds in which the absence of each rule shows, and a beginning that brings the loss nearer, to find it soon. */
const removals: readonly {
  readonly rule: RemovedRule;
  readonly bounds: ModelBounds;
  readonly beginning: readonly ModelAction[];
}[] = [
  { rule: "leaderStoresLogEpoch", bounds: { epochsMax: 3, recordsMax: 1, setChangesMax: 0 }, beginning: [] },
  { rule: "adoptWhenComplete", bounds: { epochsMax: 3, recordsMax: 2, setChangesMax: 0 }, beginning: [] },
  { rule: "messagesRaisePromise", bounds: { epochsMax: 3, recordsMax: 1, setChangesMax: 0 }, beginning: [] },
  {
    rule: "setChangesAfterRecovery",
    bounds: { epochsMax: 3, recordsMax: 1, setChangesMax: 1 },
    beginning: [
      { kind: "put", epoch: 1 },
      { kind: "append", epoch: 1, node: 1 },
      { kind: "commit", epoch: 1, commitEnd: 1 },
    ],
  },
  {
    rule: "explicitLogEpoch",
    bounds: { epochsMax: 4, recordsMax: 1, setChangesMax: 0 },
    beginning: [
      { kind: "put", epoch: 1 },
      { kind: "begin", epoch: 2, target: 7 },
      { kind: "seal", epoch: 2, node: 1 },
      { kind: "seal", epoch: 2, node: 2 },
      { kind: "lead", epoch: 2, node: 1 },
      { kind: "sync", epoch: 2, node: 2, logEnd: 0 },
      { kind: "open", epoch: 2 },
      { kind: "put", epoch: 2 },
    ],
  },
];

describe("the model", () => {
  test("loses nothing in any state within the bounds", { timeout: 3_600_000 }, () => {
    const exploration = exploreModel(BOUNDS);
    expect(exploration.violation, describeSchedule(exploration.schedule)).toBeUndefined();
    expect(exploration.complete).toBe(true);
    expect(exploration.stateCount).toBeGreaterThan(100_000);
  });

  test.each(removals)("loses a committed record without the rule $rule", ({ rule, bounds, beginning }) => {
    const { violation, schedule } = exploreModel(bounds, rule, afterSteps(bounds, rule, beginning));
    expect(violation).toMatch(/opens without committed offset/);
    if (bounds.setChangesMax > 0) return;
    // The same schedule, with all rules in force, on real replicas: they must go the model's way, which loses nothing.
    const whole = [...beginning, ...schedule];
    expect(new Walk(bounds).follow(whole)).toBeGreaterThan(whole.length / 2);
  });
});

describe("real replicas do what the model does", () => {
  test(`in ${WALKS} random walks`, { timeout: 3_600_000 }, () => {
    const bounds = { epochsMax: 8, recordsMax: 4, setChangesMax: 0 };
    let committed = 0;
    for (let seed = 1; seed <= WALKS; seed += 1) committed += new Walk(bounds).wander(seed);
    expect(committed / WALKS).toBeGreaterThan(1);
  });
});

/** The model and the replicas, side by side. */
class Walk {
  readonly #bounds: ModelBounds;
  readonly #replicas: ModelOnReplicas = new ModelOnReplicas();
  readonly #taken: ModelAction[] = [];
  #state: ModelState;

  constructor(bounds: ModelBounds) {
    this.#bounds = bounds;
    this.#state = initialModel(bounds);
  }

  /** Takes those steps of `schedule` that are possible with all rules in force; answers how many. */
  follow(schedule: readonly ModelAction[]): number {
    let count = 0;
    for (const wanted of schedule) {
      const possible = this.#steps().find((action) => JSON.stringify(action) === JSON.stringify(wanted));
      if (possible !== undefined) this.#take(possible);
      if (possible !== undefined || wanted.kind === "open" || wanted.kind === "commit") count += 1;
    }
    return count;
  }

  /** Takes random steps; answers how many records were committed. */
  wander(seed: number): number {
    const random = new SeededRandom(seed);
    for (let step = 0; step < WALK_STEPS; step += 1) {
      const steps = this.#steps();
      // Leaders rarely crash and epochs are rarely burnt, or nothing would ever be written.
      const calm = steps.filter(({ kind }) => kind !== "crash" && kind !== "begin");
      const action = random.pick(random.float() < 0.9 && calm.length > 0 ? calm : steps);
      if (action === undefined) break;
      this.#take(action, seed);
    }
    return this.#state.committed.length;
  }

  #steps(): ModelAction[] {
    return modelActions(this.#state, this.#bounds).filter((action) => isRealStep(this.#state, action));
  }

  #take(action: ModelAction, seed?: number): void {
    this.#taken.push(action);
    try {
      this.#replicas.apply(this.#state, action);
      this.#state = applied(this.#state, action);
      for (;;) {
        const own = ownSteps(modelActions(this.#state, this.#bounds), this.#state);
        if (own === undefined) break;
        this.#state = applied(this.#state, own);
      }
      this.#replicas.compare(this.#state);
    } catch (error) {
      throw new Error(`seed ${seed ?? "none"}: ${describeSchedule(this.#taken)}`, { cause: error });
    }
  }
}

function applied(state: ModelState, action: ModelAction, removed?: RemovedRule): ModelState {
  const next = applyModelAction(state, action, removed);
  if (typeof next === "string") throw new Error(`the model itself broke: ${next}`);
  return next;
}

function afterSteps(bounds: ModelBounds, removed: RemovedRule, steps: readonly ModelAction[]): ModelState {
  return steps.reduce((state, step) => applied(state, step, removed), initialModel(bounds));
}

function fromEnvironment(name: string, otherwise: number): number {
  return Number(process.env[name] ?? otherwise);
}
