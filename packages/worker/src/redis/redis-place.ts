/** Where a Redis is, in words for messages: never with a password. */
import type { RedisTarget } from "./redis-connection.ts";

const HOST_DEFAULT = "127.0.0.1";
const PORT_DEFAULT = 6379;

/** The URL without user and password, `host:port`, a socket's path, or the nodes of a Sentinel group or a Cluster. */
export function redisPlace(target: RedisTarget): string {
  if (typeof target === "string") return withoutCredentials(target);
  if ("cluster" in target) {
    const nodes = target.cluster.map((node) => (typeof node === "object" ? hostPort(node) : String(node)));
    return `the cluster of ${nodes.map(withoutCredentials).join(", ")}`;
  }
  if ("sentinels" in target && target.sentinels !== undefined && target.sentinels !== null) {
    return `${target.name ?? "the group"} of the sentinels ${target.sentinels.map(hostPort).join(", ")}`;
  }
  return ("path" in target ? target.path : undefined) ?? hostPort(target);
}

function hostPort({ host, port }: { readonly host?: string | undefined; readonly port?: number | undefined }): string {
  return `${host ?? HOST_DEFAULT}:${port ?? PORT_DEFAULT}`;
}

function withoutCredentials(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^/]*@/i, "$1");
}
