/**
 * Redis as leases need it: one server, a Sentinel group or a Cluster. The only file that knows ioredis. Options that would
 * run a command late, twice or for longer than a lease lives are overridden, whatever the user gave.
 */
import { realClock, ServiceError, withDeadline } from "@millrace/base";
import { Cluster, Redis, type ClusterNode, type ClusterOptions, type RedisOptions } from "ioredis";
import { EMPTIED, NOT_LIVE, type LeaseScript } from "./lease-scripts.ts";
import { redisPlace } from "./redis-place.ts";

/** Where Redis is: a URL, ioredis's options (with `sentinels` and `name` for a Sentinel group), or a Cluster's nodes. */
export type RedisTarget =
  | string
  | RedisOptions
  | { readonly cluster: readonly ClusterNode[]; readonly options?: ClusterOptions };

/** One command answers within this, or its outcome is unknown. A third of the shortest lease that is allowed. */
export const COMMAND_TIMEOUT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 2_000;
const RECONNECT_MIN_MS = 50;
const RECONNECT_MAX_MS = 500;

/** What a lease store asks of Redis. */
export interface RedisConnection {
  /** Resolves when commands can be sent. Errors: UNAVAILABLE, with the address, when there is no connection within two seconds. */
  ready(): Promise<void>;
  /** Runs a script. Errors: see {@link LeaseStore}. */
  run(script: LeaseScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
  /** Calls back at each message of `channel`, on a connection of its own that is opened now. */
  listen(channel: string, callback: () => void): void;
  close(): void;
}

type Client = Redis | Cluster;

/** Connects in the background; commands fail with UNAVAILABLE while there is no connection. */
export function connectRedis(target: RedisTarget, scripts: readonly LeaseScript[], keyCount: number): RedisConnection {
  const client = newClient(target, { commandTimeout: COMMAND_TIMEOUT_MS });
  for (const { name, lua } of scripts) client.defineCommand(name, { lua, numberOfKeys: keyCount });
  const commands = client as unknown as Record<string, (...args: (string | number)[]) => Promise<unknown>>;
  let listener: Client | undefined;
  let refusal = "";
  client.on("error", (error: NodeJS.ErrnoException) => (refusal = ` (${error.message || error.code})`));
  client.on("ready", () => (refusal = ""));
  const noAnswer = (cause: unknown): ServiceError =>
    new ServiceError(
      "UNAVAILABLE",
      `no Redis answers at ${redisPlace(target)}${refusal}; start one there, or name another`,
      { cause },
    );
  return {
    async ready() {
      if (client.status === "ready") return;
      const connected = new Promise<void>((resolve) => client.once("ready", resolve));
      try {
        await withDeadline(realClock, CONNECT_TIMEOUT_MS, "connecting to Redis", connected);
      } catch (thrown) {
        throw noAnswer(thrown);
      }
    },
    async run({ name }, keys, args) {
      try {
        return await commands[name]?.(...keys, ...args);
      } catch (thrown) {
        const error = leaseError(thrown);
        // Without a connection ioredis speaks of its own stream and queue.
        const isRefusal = thrown instanceof Error && thrown.name === "ReplyError";
        throw error.code === "UNAVAILABLE" && !isRefusal ? noAnswer(thrown) : error;
      }
    },
    listen(channel, callback) {
      // A subscriber's commands are its subscriptions, which must outlive connections: here ioredis's defaults are right.
      listener = newClient(target, {});
      listener.on("message", callback);
      listener.on("ready", () => void listener?.subscribe(channel).catch(ignored));
    },
    close() {
      client.disconnect();
      listener?.disconnect();
    },
  };
}

/** What no connection for leases may do otherwise. */
const OVERRIDES = {
  // A renewal that is sent late claims time that has passed: without a connection commands fail at once.
  enableOfflineQueue: false,
  // A script whose connection broke may have run; the caller decides whether to repeat it.
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  connectTimeout: CONNECT_TIMEOUT_MS,
  lazyConnect: false,
  enableReadyCheck: true,
  enableAutoPipelining: false,
  monitor: false,
  readOnly: false,
  // A demoted primary keeps its connections and refuses writes.
  reconnectOnError: (error: Error): boolean => error.message.startsWith("READONLY"),
  // Keys have our prefix alone, and answers the shapes that we read.
  keyPrefix: "",
  replyMapping: "legacy",
  stringNumbers: false,
} as const;

function newClient(target: RedisTarget, timeout: { readonly commandTimeout?: number }): Client {
  const own = { ...OVERRIDES, ...timeout };
  const single = { ...own, retryStrategy, sentinelRetryStrategy: retryStrategy, role: "master" as const };
  let client: Client;
  if (typeof target === "string") {
    client = new Redis(withoutQuery(target, Object.keys(single)), single);
  } else if (isCluster(target)) {
    client = new Cluster([...target.cluster], {
      ...target.options,
      enableOfflineQueue: false,
      lazyConnect: false,
      enableReadyCheck: true,
      enableAutoPipelining: false,
      keyPrefix: "",
      // Leases are read where they are written.
      scaleReads: "master",
      maxRedirections: 3,
      retryDelayOnFailover: RECONNECT_MIN_MS,
      retryDelayOnClusterDown: RECONNECT_MIN_MS,
      clusterRetryStrategy: retryStrategy,
      redisOptions: { ...target.options?.redisOptions, ...own },
    });
  } else {
    client = new Redis({ ...target, ...single });
  }
  // Without a listener ioredis prints every failed attempt; callers hear of it from their commands.
  client.on("error", ignored);
  return client;
}

/** `url` without those `names` in its query: ioredis would take them before the options beside the URL. */
function withoutQuery(url: string, names: readonly string[]): string {
  const at = url.indexOf("?");
  if (at === -1) return url;
  const query = new URLSearchParams(url.slice(at + 1));
  for (const name of names) query.delete(name);
  return query.size === 0 ? url.slice(0, at) : `${url.slice(0, at)}?${query.toString()}`;
}

function retryStrategy(times: number): number {
  return Math.min(RECONNECT_MIN_MS * times, RECONNECT_MAX_MS);
}

function isCluster(target: RedisTarget): target is Extract<RedisTarget, { cluster: readonly ClusterNode[] }> {
  return typeof target === "object" && "cluster" in target;
}

function leaseError(thrown: unknown): ServiceError {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (message.includes(EMPTIED)) {
    return new ServiceError("CONFLICT", message, { cause: thrown, ids: { reason: "store-emptied" } });
  }
  if (message.includes(NOT_LIVE)) {
    return new ServiceError("CONFLICT", message, { cause: thrown, ids: { reason: "not-live" } });
  }
  // What a server refuses at times says so first, also when a script asked for it.
  if (/^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|MISCONF|OOM)/.test(message)) {
    return new ServiceError("UNAVAILABLE", `Redis: ${message}`, { cause: thrown });
  }
  // A script's own failure is a defect of ours, not of the connection.
  if (/user_script|@user_script|Lua/.test(message)) return new ServiceError("INTERNAL", message, { cause: thrown });
  const code = message.includes("timed out") ? "DEADLINE" : "UNAVAILABLE";
  return new ServiceError(code, `Redis: ${message}`, { cause: thrown });
}

function ignored(): void {}
