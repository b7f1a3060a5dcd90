/**
 * The one declaration of every setting: YAML key, roles, kind, default, flag and help. The environment variable
 * (`MILLRACE_` and the key in upper snake case, unless named) and the flag (`--` and the key in kebab case) follow
 * from the key. Secrets are never values here: settings name the file that holds them (`…_FILE`).
 */

/** The processes that read a configuration. */
export const roles = ["coordinator", "storage-node", "gateway"] as const;

/** A process that reads a configuration. */
export type Role = (typeof roles)[number];

/** What a value looks like; `setting-schema.ts` says how each is checked. */
export type SettingKind = "text" | "path" | "port" | "count" | "bytes" | "milliseconds" | "list" | readonly string[];

/** One setting. `null` as default means: not set. */
export interface Setting {
  readonly key: string;
  readonly roles: readonly Role[];
  readonly kind: SettingKind;
  readonly default: string | number | readonly string[] | null;
  /** The environment variable when it is not derived from the key. */
  readonly env?: string;
  readonly help: string;
}

const MiB = 1024 * 1024;

/** Every setting of every role. Where a default differs by role the key appears once for each. */
export const settings: readonly Setting[] = [
  { key: "listenHost", roles, kind: "text", default: "127.0.0.1", help: "address to serve on" },
  {
    key: "listenPort",
    roles: ["coordinator", "storage-node"],
    kind: "port",
    default: 0,
    help: "port for the other processes of the cluster; 0 chooses a free one",
  },
  { key: "port", roles: ["gateway"], kind: "port", default: 4567, help: "port of the Kinesis API (HTTP/1.1, HTTP/2)" },
  {
    key: "grpcPort",
    roles: ["gateway"],
    kind: "port",
    default: null,
    help: "port of the gRPC API; absent: not served",
  },
  { key: "adminHost", roles, kind: "text", default: "127.0.0.1", help: "address of metrics and health" },
  { key: "adminPort", roles, kind: "port", default: 0, help: "port of metrics and health; 0 chooses a free one" },
  {
    key: "advertiseAddress",
    roles: ["storage-node"],
    kind: "text",
    default: null,
    help: "host:port at which others reach this node; absent: listenHost and the port in use",
  },
  {
    key: "dataDir",
    roles: ["coordinator", "storage-node"],
    kind: "path",
    default: "./data",
    help: "directory of everything this process keeps",
  },
  {
    key: "zone",
    roles: ["storage-node"],
    kind: "text",
    default: "a",
    help: "failure zone; copies go to distinct zones",
  },
  {
    key: "coordinators",
    roles: ["storage-node", "gateway"],
    kind: "list",
    default: ["127.0.0.1:4570"],
    help: "host:port of the coordinators, comma-separated",
  },
  {
    key: "etcdEndpoints",
    roles: ["coordinator"],
    kind: "list",
    default: null,
    help: "etcd that holds the metadata, http(s)://host:port, comma-separated; absent: the metadata lies in dataDir",
  },
  {
    key: "etcdPrefix",
    roles: ["coordinator"],
    kind: "text",
    default: "/millrace",
    help: "what this cluster's keys in etcd begin with; clusters that share an etcd need different ones",
  },
  {
    key: "etcdCa",
    roles: ["coordinator"],
    kind: "path",
    default: null,
    env: "MILLRACE_ETCD_CA_FILE",
    help: "PEM file of the authorities that sign etcd's certificates; absent: those Node.js trusts",
  },
  {
    key: "etcdCert",
    roles: ["coordinator"],
    kind: "path",
    default: null,
    env: "MILLRACE_ETCD_CERT_FILE",
    help: "PEM file of the certificate shown to etcd; with etcdKey",
  },
  {
    key: "etcdKey",
    roles: ["coordinator"],
    kind: "path",
    default: null,
    env: "MILLRACE_ETCD_KEY_FILE",
    help: "PEM file of the private key of etcdCert",
  },
  { key: "limits", roles, kind: ["aws", "off"], default: "aws", help: "aws: the quotas and rates of AWS; off: none" },
  {
    key: "replicationFactor",
    roles: ["coordinator"],
    kind: "count",
    default: 3,
    help: "copies of every shard: 1 or 3",
  },
  {
    key: "settleMs",
    roles: ["coordinator"],
    kind: "milliseconds",
    default: 500,
    help: "how long CREATING, UPDATING and DELETING last when nothing real takes longer",
  },
  {
    key: "replaceAfterMs",
    roles: ["coordinator"],
    kind: "milliseconds",
    default: 30 * 60 * 1000,
    help: "a node dead for so long gets its replicas replaced on other nodes",
  },
  {
    key: "rebalance",
    roles: ["coordinator"],
    kind: ["on", "off"],
    default: "on",
    help: "on: leaders and replicas move in the background until nodes hold alike",
  },
  { key: "segmentBytes", roles: ["storage-node"], kind: "bytes", default: 128 * MiB, help: "size of a journal file" },
  {
    key: "tailCacheBytes",
    roles: ["storage-node"],
    kind: "bytes",
    default: 128 * MiB,
    help: "memory for records that readers at the tip have not fetched yet",
  },
  {
    key: "diskFloorBytes",
    roles: ["storage-node"],
    kind: "bytes",
    default: 512 * MiB,
    help: "free disk below which appends are refused",
  },
  {
    key: "appendQueueBytes",
    roles: ["storage-node"],
    kind: "bytes",
    default: 64 * MiB,
    help: "records waiting for the disk before appends are refused",
  },
  {
    key: "catchUpBytesPerSecond",
    roles: ["storage-node"],
    kind: "bytes",
    default: 64 * MiB,
    help: "how fast a node feeds one lagging peer from its log",
  },
  {
    key: "scrubEveryMs",
    roles: ["storage-node"],
    kind: "milliseconds",
    default: 24 * 60 * 60 * 1000,
    help: "pause between two readings of everything stored, which find and repair damage; 0: never",
  },
  {
    key: "scrubBytesPerSecond",
    roles: ["storage-node"],
    kind: "bytes",
    default: 8 * MiB,
    help: "how fast everything stored is read to find damage",
  },
  {
    key: "tlsCert",
    roles: ["gateway"],
    kind: "path",
    default: null,
    env: "MILLRACE_TLS_CERT_FILE",
    help: "PEM file of the certificate chain; with tlsKey, the gateway speaks TLS",
  },
  {
    key: "tlsKey",
    roles: ["gateway"],
    kind: "path",
    default: null,
    env: "MILLRACE_TLS_KEY_FILE",
    help: "PEM file of the private key",
  },
  {
    key: "credentialsFile",
    roles: ["gateway"],
    kind: "path",
    default: null,
    help: "YAML or JSON file of accepted access keys; absent: signatures are not verified",
  },
  { key: "defaultRegion", roles: ["gateway"], kind: "text", default: "us-east-1", help: "region of unsigned requests" },
  { key: "maxConnections", roles: ["gateway"], kind: "count", default: 10_000, help: "client connections at once" },
  {
    key: "requestBytesMax",
    roles: ["gateway"],
    kind: "bytes",
    default: 16 * MiB,
    help: "largest request body",
  },
  {
    key: "inFlightBytesMax",
    roles: ["gateway"],
    kind: "bytes",
    default: 256 * MiB,
    help: "memory for all requests and answers at once; above it requests are refused",
  },
  {
    key: "protocolVersionMax",
    roles,
    kind: "count",
    default: null,
    help: "newest protocol version to speak, to go back a release with; absent: the newest of this build",
  },
  {
    key: "logLevel",
    roles,
    kind: ["debug", "info", "warn", "error", "silent"],
    default: "info",
    help: "least severe log line that is written",
  },
];

/** The settings of one role, in the order of declaration. */
export function settingsOf(role: Role): readonly Setting[] {
  return settings.filter((setting) => setting.roles.includes(role));
}

/** The environment variable of a setting, e.g. `MILLRACE_LISTEN_PORT`. */
export function environmentName(setting: Setting): string {
  return setting.env ?? `MILLRACE_${words(setting.key).join("_").toUpperCase()}`;
}

/** The flag of a setting without its dashes, e.g. `listen-port`. */
export function flagName(setting: Setting): string {
  return words(setting.key).join("-");
}

function words(key: string): string[] {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).split("-");
}
