/** Leases in Redis: requests become arguments of the scripts in lease-scripts.ts, their answers become rows. */
import { assert, ServiceError, type Random } from "@millrace/base";
import { checkpointAt, formatCheckpoint, trimHorizon } from "../lease/checkpoint.ts";
import type { LeaseGrant } from "../lease/lease.ts";
import type { AcquireAnswer, AcquireRefusal, CheckpointAnswer, LeaseStore, LeaseView } from "../lease/lease-store.ts";
import { newLeaseEntry, parseLeaseRow } from "./lease-row.ts";
import {
  acquireScript,
  checkpointScript,
  createScript,
  deleteScript,
  finishScript,
  handoffScript,
  leaseScripts,
  listScript,
  openScript,
  releaseScript,
  renewScript,
  resetScript,
  scriptKeys,
  type LeaseScript,
} from "./lease-scripts.ts";
import { connectRedis, type RedisConnection, type RedisTarget } from "./redis-connection.ts";

/** Where and under which name an application's leases live. */
export interface RedisLeaseStoreOptions {
  readonly redis: RedisTarget;
  /** Name of the application: workers with the same name share its shards. Letters, digits, `.`, `_`, `-`. */
  readonly application: string;
  /** First part of every key. */
  readonly keyPrefix?: string;
  /** Counts every command sent, for those who measure. */
  readonly onCommand?: (script: string) => void;
}

type ViewReply = readonly [string, number, readonly string[], readonly string[], readonly string[]];
type RenewReply = readonly [...ViewReply, readonly string[], readonly string[], readonly string[]];

/** A {@link LeaseStore} in Redis. Errors: USAGE for an unusable application name. */
export function redisLeaseStore(options: RedisLeaseStoreOptions, random: Random): LeaseStore {
  const { application, keyPrefix = "millrace" } = options;
  if (!/^[\w.-]{1,200}$/.test(application)) {
    throw new ServiceError(
      "USAGE",
      `an application is named by letters, digits, ".", "_" and "-", not "${application}"`,
    );
  }
  const base = `${keyPrefix}:{${application}}:`;
  const keys = scriptKeys.map((suffix) => base + suffix);
  const channel = `${base}wake`;
  let connection: RedisConnection | undefined;
  let id: string | undefined;

  function connected(): RedisConnection {
    connection ??= connectRedis(options.redis, leaseScripts, keys.length);
    return connection;
  }

  async function run(script: LeaseScript, ...args: (string | number)[]): Promise<unknown> {
    assert(id !== undefined, "a lease store is opened before it is used");
    options.onCommand?.(script.name);
    return await connected().run(script, keys, [id, channel, ...args]);
  }

  return {
    async open({ create }) {
      await connected().ready();
      const opened = await connected().run(openScript, keys, [random.uuid(), create ? "create" : ""]);
      if (opened === "") throw new ServiceError("USAGE", `there is no application ${application} in this Redis`);
      if (id !== undefined && id !== opened) {
        throw new ServiceError("CONFLICT", "these are other leases than before", { ids: { reason: "store-emptied" } });
      }
      id = String(opened);
    },
    async list() {
      return viewOf((await run(listScript, "")) as ViewReply);
    },
    async renew({ worker, ttlMs, held, cursor, turns }) {
      const items = held.map((each) => [...grantItem(each), each.bytesPerSecond ?? false]);
      const duties = turns.map(({ name, periodMs }) => [name, periodMs]);
      const args = [worker, ttlMs, cursor ?? "", JSON.stringify(items), JSON.stringify(duties)];
      const reply = (await run(renewScript, ...args)) as RenewReply;
      const [, , , , , lost, missing, taken] = reply;
      return { ...viewOf(reply), lost, missing, turns: taken };
    },
    async create(leases) {
      return (await run(createScript, JSON.stringify(leases.map(newLeaseEntry)))) as string[];
    },
    async acquire({ worker, incarnation, keys: wanted }) {
      const reply = (await run(acquireScript, worker, incarnation, JSON.stringify(wanted))) as string[];
      return pairs(reply).map(([key, answer]): AcquireAnswer =>
        answer.startsWith("{") ? { key, lease: parseLeaseRow(answer) } : { key, refused: answer as AcquireRefusal },
      );
    },
    async requestHandoff({ to, leases }) {
      await run(handoffScript, to, JSON.stringify(leases.map((each) => [each.key, each.incarnation])));
    },
    async release({ leases, leaving }) {
      const items = leases.map((each) => [...grantItem(each), each.to ?? false]);
      await run(releaseScript, leaving ?? "", JSON.stringify(items));
    },
    async checkpoint(requests) {
      const items = requests.map(({ position, prepare, ...grant }) => [
        ...grantItem(grant),
        position === undefined ? false : formatCheckpoint(checkpointAt(position)),
        prepare === undefined ? false : formatCheckpoint(checkpointAt(prepare.position)),
        prepare?.state ?? "",
      ]);
      return (await run(checkpointScript, JSON.stringify(items))) as CheckpointAnswer[];
    },
    async finish({ key, incarnation, fencingToken, children }) {
      const rows = children.map((child) => newLeaseEntry({ ...child, checkpoint: trimHorizon }));
      const ids = children.map(({ shardId }) => shardId).join(",");
      const args = [key, incarnation, fencingToken, JSON.stringify(rows), ids];
      return (await run(finishScript, ...args)) as "stored" | "lost";
    },
    async delete(gone) {
      await run(deleteScript, JSON.stringify(gone));
    },
    async reset({ key, checkpoint, force }) {
      const position = checkpoint === undefined ? "" : formatCheckpoint(checkpoint);
      return (await run(resetScript, key, position, force ? "force" : "")) as "done" | "live" | "missing";
    },
    onWake(callback) {
      connected().listen(channel, callback);
    },
    close() {
      connection?.close();
      return Promise.resolve();
    },
  };
}

function grantItem(grant: LeaseGrant): [string, string, number] {
  return [grant.key, grant.incarnation, grant.fencingToken];
}

function viewOf([cursor, complete, rows, deleted, workers]: ViewReply | RenewReply): LeaseView {
  return {
    cursor: Number(cursor),
    complete: complete === 1,
    leases: pairs(rows).map(([, text]) => parseLeaseRow(text)),
    deleted,
    workers: pairs(workers).map(([worker, remaining]) => ({ worker, remainingMs: Number(remaining) })),
  };
}

function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, index) => [flat[index * 2] ?? "", flat[index * 2 + 1] ?? ""]);
}
