/**
 * Scripts for tests of the control plane, in Kinesis's words: calls and what they answer. Between calls the script can
 * let time pass and let the cluster do what the life cycle waits for (leaders open, close records commit, tombstones
 * arrive), all at once.
 */
import { assert } from "@millrace/base";
import { isOperationName, operationNamed, type Shape } from "@millrace/kinesis";
import { expect } from "vitest";
import { advance } from "../lifecycle/advance.ts";
import type { ClosedReport } from "../lifecycle/lifecycle-facts.ts";
import type { ShardRecord, StateChange, StreamRecord } from "../state/cluster-state.ts";
import { ClusterTables } from "../state/cluster-tables.ts";
import type { ControlContext, ControlLimits, ControlOutcome } from "./control-operation.ts";
import { defaultControlLimits } from "./default-control-limits.ts";
import { controlOperations } from "./operations.ts";
import { decideOnce } from "./repeated-request.ts";

/** The answer of a call: its output, or `Type: message`. */
export type Answer = Readonly<Record<string, unknown>> | string | undefined;

/**
 * One line of a script: a call with its input (or a function of the answer before) and what it answers, "ok" for any
 * success, an object for what the output must contain; a pause; or time for the cluster to do its work.
 */
export type ScriptLine =
  | readonly [call: string, input: object | ((before: never) => object), answer: object | string]
  | readonly [pause: "wait", ms: number]
  | readonly [work: "settle"];

/** When scripts start: 2026-01-01T00:00:00Z. */
export const SCRIPT_START_MS = 1_767_225_600_000;
/** Who calls. */
export const SCRIPT_ACCOUNT = "111122223333";

const SETTLE_ROUNDS_MAX = 5000;
const REGION = "us-east-1";

/** Runs `script` against a new cluster and returns it. */
export function check(script: readonly ScriptLine[], limits: Partial<ControlLimits> = {}): ScriptedCluster {
  const cluster = new ScriptedCluster(limits);
  let before: Answer;
  for (const line of script) {
    if (line[0] === "settle") cluster.settle();
    else if (line.length === 2) cluster.nowMs += line[1];
    else if (line.length === 3) {
      const [operation, input, expected] = line;
      before = cluster.call(operation, typeof input === "function" ? input(before as never) : input);
      const where = `${operation} ${JSON.stringify(input)}`;
      if (expected === "ok") expect(typeof before, `${where}: ${JSON.stringify(before)}`).not.toBe("string");
      else if (typeof expected === "string") expect(before, where).toBe(expected);
      else expect(before, where).toMatchObject(expected);
    }
  }
  return cluster;
}

/** The tables, a clock that tests move, and a cluster side that obeys at once. */
export class ScriptedCluster {
  nowMs: number = SCRIPT_START_MS;
  readonly tables: ClusterTables = new ClusterTables({
    clusterId: "script",
    tokenKey: "00".repeat(32),
    coordinatorTerm: 1,
    nextStreamUid: 1,
    nextShardUid: 1,
    mapVersion: 1,
    protocolVersion: 2,
  });
  readonly limits: ControlLimits;
  private nonce = 0;

  constructor(limits: Partial<ControlLimits> = {}) {
    this.limits = { ...defaultControlLimits, ...limits };
  }

  /** Calls `operation`, applies its changes and lets the life cycle take its first step. The same `requestId` is the same request. */
  call(operation: string, input: object, requestId = ""): Answer {
    const rule = controlOperations.get(operation);
    assert(rule !== undefined, `${operation} is a control operation`);
    const context = this.context();
    const { accountId, region } = context;
    const request = { operation, accountId, region, requestId, inputJson: Buffer.from(JSON.stringify(input)) };
    const outcome = decideOnce(this.tables, request, this.nowMs, () => rule(this.tables, input as never, context));
    expectModelled(operation, outcome);
    if ("error" in outcome) return `${outcome.error.type}: ${outcome.error.message}`;
    this.tables.apply(outcome.changes);
    this.advance();
    return outcome.output;
  }

  /** One call of the life cycle, by default with every close record that a closing shard could have. */
  advance(reports: readonly ClosedReport[] = this.closeEverything()): readonly StateChange[] {
    const closedReports = new Map(reports.map((report) => [report.shardUid, report]));
    const changes = advance(this.tables, this.nowMs, this.limits, { closedReports, clockAgrees: true });
    this.tables.apply(changes);
    return changes;
  }

  /** Lets the cluster work and settings settle until nothing changes any more. */
  settle(): void {
    for (let round = 0; round < SETTLE_ROUNDS_MAX; round++) {
      const worked = this.work();
      this.nowMs += this.limits.settleMs;
      if (this.advance().length === 0 && !worked && this.isSettled()) return;
    }
    assert(false, "a cluster settles");
  }

  /** What nodes and epoch rules do: makes shards ready, removes dropped ones. Returns whether there was any. */
  work(): boolean {
    const pending = [...this.tables.shards.values()].filter(
      ({ state }) => state === "creating" || state === "dropping",
    );
    for (const shard of pending) {
      const value: ShardRecord | undefined = shard.state === "creating" ? { ...shard, state: "ready" } : undefined;
      this.tables.apply([{ table: "shard", key: shard.shardUid, value }]);
    }
    return pending.length > 0;
  }

  /** The stream of the calling account by name. */
  stream(name: string): StreamRecord | undefined {
    return this.tables.streamsByName.get(`${SCRIPT_ACCOUNT}/${REGION}/${name}`);
  }

  private closeEverything(): readonly ClosedReport[] {
    const closing = [...this.tables.shards.values()].filter(({ state }) => state === "closing");
    return closing.map(({ shardUid }) => ({ shardUid, endOffset: 10, closedMs: this.nowMs }));
  }

  private isSettled(): boolean {
    const streams = [...this.tables.streams.values()];
    const consumers = [...this.tables.consumers.values()];
    return [...streams, ...consumers].every(({ status }) => status === "ACTIVE");
  }

  private context(): ControlContext {
    return {
      accountId: SCRIPT_ACCOUNT,
      region: REGION,
      principalArn: `arn:aws:iam::${SCRIPT_ACCOUNT}:root`,
      nowMs: this.nowMs,
      random: {
        bytes: (count) => Buffer.alloc(count, ++this.nonce),
        uuid: () => "00000000-0000-4000-8000-000000000000",
        float: () => 0,
      },
      limits: this.limits,
      tokenKey: Buffer.alloc(32, 7),
    };
  }
}

/** Every answer of every script has exactly the shape of the API's model, every error is one of its operation's. */
function expectModelled(name: string, outcome: ControlOutcome): void {
  assert(isOperationName(name), "a control operation is in the model");
  const { output, errors } = operationNamed(name);
  if ("error" in outcome) {
    expect([...errors, "AccessDeniedException", "ValidationException"]).toContain(outcome.error.type);
  } else if (output === undefined) {
    expect(outcome.output, name).toBeUndefined();
  } else {
    expectShape(output, outcome.output, name);
  }
}

function expectShape(shape: Shape, value: unknown, where: string): void {
  if (shape.kind === "structure") {
    const members = new Map(shape.members.map((member) => [member.name, member]));
    for (const [name, item] of Object.entries(value as object)) {
      const member = members.get(name);
      assert(member !== undefined, `${where}.${name} is in the model`);
      expectShape(member.shape, item, `${where}.${name}`);
    }
    for (const { name, required } of members.values()) {
      if (required) expect(value, where).toHaveProperty(name);
    }
  } else if (shape.kind === "list") {
    for (const item of value as readonly unknown[]) expectShape(shape.item, item, `${where}[]`);
  } else if (shape.kind !== "map") {
    const typeName = { integer: "number", long: "number", timestamp: "number", blob: "object" } as const;
    const kind = shape.kind;
    expect(typeof value, where).toBe(kind === "string" || kind === "boolean" ? kind : typeName[kind]);
    if (shape.values !== undefined) expect(shape.values, where).toContain(value);
    if (shape.expression !== undefined) expect(value, where).toMatch(shape.expression);
  }
}
