/**
 * A proxy of TCP connections that cuts single processes off: what runs through it is then swallowed, as on a broken network,
 * and no connection is reset.
 */
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";

/** A listening proxy. */
export interface TcpProxy {
  /** `http://127.0.0.1:port`. */
  readonly endpoint: string;
  /** Cuts the process with this pid off. */
  cut(pid: number): void;
  /** Ends the cut; connections that lived through it are reset. */
  heal(): void;
  close(): Promise<void>;
}

/** Forwards to `target`, `http://host:port`. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(target);
  const clients = new Map<Socket, Socket>();
  const cutOff = new Set<Socket>();
  let cutPid: number | undefined;
  const judge = (client: Socket): void => {
    if (cutPid !== undefined && portsOf(cutPid).has(client.remotePort ?? 0)) cutOff.add(client);
  };
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    clients.set(client, upstream);
    judge(client);
    client.on("data", (bytes) => void (cutOff.has(client) || upstream.write(bytes)));
    upstream.on("data", (bytes) => void (cutOff.has(client) || client.write(bytes)));
    upstream.on("close", () => void (cutOff.has(client) || client.destroy()));
    upstream.on("error", () => undefined);
    client.on("error", () => undefined);
    client.on("close", () => {
      clients.delete(client);
      cutOff.delete(client);
      upstream.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const own = typeof address === "object" && address !== null ? address.port : 0;
  return {
    endpoint: `http://127.0.0.1:${own}`,
    cut(pid) {
      cutPid = pid;
      for (const client of clients.keys()) judge(client);
    },
    heal() {
      cutPid = undefined;
      for (const client of cutOff) client.destroy();
    },
    async close() {
      for (const client of clients.keys()) client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Local TCP ports of a process's connections (Linux). */
function portsOf(pid: number): Set<number> {
  const inodes = new Set<string>();
  for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`)) ?? [];
      if (inode !== undefined) inodes.add(inode);
    } catch {
      // Closed meanwhile.
    }
  }
  const ports = new Set<number>();
  for (const line of readFileSync("/proc/net/tcp", "utf8").split("\n").slice(1)) {
    const fields = line.trim().split(/\s+/);
    if (inodes.has(fields[9] ?? "")) ports.add(Number.parseInt(fields[1]?.split(":")[1] ?? "", 16));
  }
  return ports;
}
