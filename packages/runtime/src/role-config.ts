/** The configuration each role receives: the values of `settings.ts`, typed. A test proves that both agree. */
import type { LogLevel } from "./logger.ts";
import { settingsOf, type Role } from "./settings.ts";

/** Settings that every role has. `limits` switches AWS's quotas and rates. */
export interface CommonConfig {
  readonly listenHost: string;
  readonly adminHost: string;
  readonly adminPort: number;
  readonly limits: "aws" | "off";
  /** Null: the newest of this build. */
  readonly protocolVersionMax: number | null;
  readonly logLevel: LogLevel;
}

/** Configuration of the coordinator. `etcdCa`, `etcdCert` and `etcdKey` are paths. */
export interface CoordinatorConfig extends CommonConfig {
  readonly listenPort: number;
  readonly dataDir: string;
  /** Null: the metadata lies in `dataDir`. */
  readonly etcdEndpoints: readonly string[] | null;
  readonly etcdPrefix: string;
  readonly etcdCa: string | null;
  readonly etcdCert: string | null;
  readonly etcdKey: string | null;
  readonly replicationFactor: number;
  readonly settleMs: number;
  readonly replaceAfterMs: number;
  readonly rebalance: "on" | "off";
}

/** Configuration of a storage node. */
export interface StorageNodeConfig extends CommonConfig {
  readonly listenPort: number;
  /** `host:port`, or null: derived from where the node listens. */
  readonly advertiseAddress: string | null;
  readonly dataDir: string;
  readonly zone: string;
  readonly coordinators: readonly string[];
  readonly segmentBytes: number;
  readonly tailCacheBytes: number;
  readonly diskFloorBytes: number;
  readonly appendQueueBytes: number;
  /** To one peer, per second. */
  readonly catchUpBytesPerSecond: number;
  /** Pause between two readings of everything stored; 0: never. */
  readonly scrubEveryMs: number;
  readonly scrubBytesPerSecond: number;
}

/** Configuration of a gateway. `tlsCert`, `tlsKey` and `credentialsFile` are paths. */
export interface GatewayConfig extends CommonConfig {
  readonly port: number;
  readonly grpcPort: number | null;
  readonly coordinators: readonly string[];
  readonly tlsCert: string | null;
  readonly tlsKey: string | null;
  readonly credentialsFile: string | null;
  readonly defaultRegion: string;
  readonly maxConnections: number;
  readonly requestBytesMax: number;
  readonly inFlightBytesMax: number;
}

/** The configuration type by role. */
export interface RoleConfigs {
  readonly coordinator: CoordinatorConfig;
  readonly "storage-node": StorageNodeConfig;
  readonly gateway: GatewayConfig;
}

/** The defaults of a role with `overrides` in their place. For processes started from code, which check nothing. */
export function defaultConfig<R extends Role>(role: R, overrides: Partial<RoleConfigs[R]> = {}): RoleConfigs[R] {
  const defaults = Object.fromEntries(settingsOf(role).map((setting) => [setting.key, setting.default]));
  return { ...defaults, ...overrides } as unknown as RoleConfigs[R];
}
