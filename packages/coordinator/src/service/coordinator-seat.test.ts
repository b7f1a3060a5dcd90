import { ServiceError } from "@millrace/base";
import {
  callUnary,
  coordinatorClient,
  fromGrpcError,
  protocolFields,
  serveRpc,
  type ControlReply__Output,
  type ControlRequest,
  type FindActiveReply__Output,
  type FindActiveRequest,
} from "@millrace/rpc";
import { createLogger, defaultConfig, MetricsRegistry, realClock, realRandom } from "@millrace/runtime";
import { expect, test } from "vitest";
import type { StateChange } from "../state/cluster-state.ts";
import { openMemoryMetadataStore } from "../store/memory-metadata-store.ts";
import { uncontested, type Mandate, type MetadataElection } from "../store/metadata-election.ts";
import type { MetadataStore } from "../store/metadata-store.ts";
import { CoordinatorSeat } from "./coordinator-seat.ts";
import { Coordinator } from "./coordinator.ts";

/** An election by hand, over records that outlive every mandate. */
class HandElection implements MetadataElection {
  readonly again = true;
  readonly records: Map<string, Uint8Array> = new Map();
  failing: ServiceError | undefined;
  #elect: ((mandate: Mandate | undefined) => void) | undefined;
  #depose: ((why: string) => void) | undefined;
  #valid = false;

  unreachable: string | undefined;

  trouble(): string | undefined {
    return this.unreachable;
  }

  campaign(signal: AbortSignal): Promise<Mandate | undefined> {
    return new Promise((resolve) => {
      this.#elect = resolve;
      signal.addEventListener("abort", () => resolve(undefined));
    });
  }

  elect(): void {
    const over = new Promise<string>((resolve) => (this.#depose = resolve));
    this.#valid = true;
    const memory = openMemoryMetadataStore(this.records);
    const commit = (changes: readonly StateChange[]): Promise<void> =>
      this.failing === undefined ? memory.commit(changes) : Promise.reject(this.failing);
    const store: MetadataStore = { ...memory, commit, load: () => memory.load() };
    this.#elect?.({ store, isValid: () => this.#valid, over });
  }

  /** The mandate is over; nobody has said so yet. */
  runOut(): void {
    this.#valid = false;
  }

  depose(): void {
    this.#valid = false;
    this.#depose?.("the test says so");
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function seated(election: MetadataElection, onFatal: (error: ServiceError) => void = () => {}) {
  const logger = createLogger({ role: "coordinator", level: "silent" });
  const registry = new MetricsRegistry({ role: "coordinator", version: "test" });
  const parts = { logger, registry, clock: realClock, random: realRandom };
  const config = defaultConfig("coordinator", { limits: "off", settleMs: 0 });
  const seat = new CoordinatorSeat({
    ...parts,
    onFatal,
    open: (store, onStoreFailed) => Coordinator.open({ ...parts, config, store, onFatal: onStoreFailed }),
  });
  await seat.start(election);
  const server = await serveRpc("127.0.0.1", 0, { Coordinator: seat.service.implementation });
  const client = coordinatorClient(`127.0.0.1:${server.port}`);
  const find = (): Promise<FindActiveReply__Output> =>
    callUnary<FindActiveRequest, FindActiveReply__Output>((r, o, done) => client.findActive(r, o, done), {}, 5_000);
  const control = async (operation: string, input: object): Promise<string> => {
    const reply = await callUnary<ControlRequest, ControlReply__Output>(
      (r, o, done) => client.control(r, o, done),
      { operation, accountId: "0", region: "r", inputJson: Buffer.from(JSON.stringify(input)) },
      5_000,
    );
    return reply.errorType || reply.outputJson.toString();
  };
  const close = async (): Promise<void> => {
    client.close();
    await server.close(0);
    await seat.close();
  };
  return { registry, readiness: () => seat.readiness(), client, find, control, [Symbol.asyncDispose]: close };
}

const create = { StreamName: "s", ShardCount: 1 };

test("stands by until elected, acts, and stands by again when deposed", async () => {
  const election = new HandElection();
  await using seat = await seated(election);
  expect(await seat.find()).toMatchObject({ active: false });
  await expect(seat.control("CreateStream", create)).rejects.toMatchObject({ code: "NOT_READY" });
  expect(await seat.registry.text()).toMatch(/^millrace_coordinator_active 0$/m);

  election.elect();
  await expect.poll(() => seat.find()).toMatchObject({ active: true, coordinatorTerm: 1 });
  expect(await seat.control("CreateStream", create)).toBe("");
  expect(await seat.registry.text()).toMatch(/^millrace_coordinator_streams 1$/m);
  const watch = seat.client.watchMap(protocolFields());
  await new Promise((resolve) => watch.once("data", resolve));
  const ended = new Promise((resolve) => {
    watch.once("error", (error: Parameters<typeof fromGrpcError>[0]) => resolve(fromGrpcError(error).code));
  });

  election.depose();
  expect(await ended).toBe("NOT_READY");
  await expect(seat.control("ListStreams", {})).rejects.toMatchObject({ code: "NOT_READY" });
  expect(await seat.registry.text()).toMatch(/^millrace_coordinator_streams 0$/m);

  election.elect();
  await expect.poll(() => seat.find()).toMatchObject({ active: true, coordinatorTerm: 2 });
  expect(await seat.control("ListStreams", {})).toContain('"s"');
});

test("is ready while it acts, or stands by and its metadata can be reached", async () => {
  const election = new HandElection();
  election.unreachable = "etcd does not answer";
  await using seat = await seated(election);
  expect(seat.readiness()).toEqual({ ok: false, why: "etcd does not answer" });
  election.unreachable = undefined;
  expect(seat.readiness()).toEqual({ ok: true });
  election.records.set("shard/nonsense", Buffer.from("{"));
  election.elect();
  await expect
    .poll(() => seat.readiness())
    .toEqual({ ok: false, why: expect.stringMatching(/^elected, but the metadata/) });
  election.records.clear();
  await expect.poll(() => (election.elect(), seat.find())).toMatchObject({ active: true });
  expect(seat.readiness()).toEqual({ ok: true });
});

test("answers nothing from the moment its mandate has run out, before anybody says so", async () => {
  const election = new HandElection();
  await using seat = await seated(election);
  election.elect();
  await expect.poll(() => seat.find()).toMatchObject({ active: true });
  election.runOut();
  expect(await seat.find()).toMatchObject({ active: false });
  await expect(seat.control("ListStreams", {})).rejects.toMatchObject({ code: "NOT_READY" });
});

test("a store that refuses a commit deposes it; what was not written is not there after the next election", async () => {
  const election = new HandElection();
  await using seat = await seated(election);
  election.elect();
  await expect.poll(() => seat.find()).toMatchObject({ active: true });
  election.failing = new ServiceError("CONFLICT", "another is elected");
  await expect(seat.control("CreateStream", create)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await expect.poll(() => seat.find()).toMatchObject({ active: false });
  election.failing = undefined;
  election.elect();
  await expect.poll(() => seat.find()).toMatchObject({ active: true, coordinatorTerm: 2 });
  expect(await seat.control("ListStreams", {})).not.toContain('"s"');
});

test("the only coordinator there is acts at once, and its process ends when its store fails", async () => {
  const failures: string[] = [];
  const memory = openMemoryMetadataStore();
  await using seat = await seated(
    uncontested(() => Promise.resolve(memory)),
    ({ code }) => failures.push(code),
  );
  expect(await seat.find()).toMatchObject({ active: true });
  await memory.close();
  await expect(seat.control("CreateStream", create)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(failures).toEqual(["UNAVAILABLE"]);
});
