/** Which process holds the other end of a connection on loopback, from /proc (Linux). */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Columns of /proc/net/tcp. */
const LOCAL_COLUMN = 1;
const REMOTE_COLUMN = 2;
const INODE_COLUMN = 9;

/**
 * The one of `pids` that has a socket bound to `port` and connected to `peerPort`; undefined when none of them has, or
 * when the system does not tell.
 */
export function ownerOf(port: number, peerPort: number, pids: readonly number[]): number | undefined {
  const inode = inodeOf(port, peerPort);
  if (inode === undefined) return undefined;
  const wanted = `socket:[${inode}]`;
  return pids.find((pid) => {
    try {
      const directory = `/proc/${pid}/fd`;
      return readdirSync(directory).some((file) => linkOf(`${directory}/${file}`) === wanted);
    } catch {
      // It ended meanwhile.
      return false;
    }
  });
}

function inodeOf(port: number, peerPort: number): string | undefined {
  const [local, remote] = [hexOf(port), hexOf(peerPort)];
  let table: string;
  try {
    table = readFileSync("/proc/net/tcp", "utf8");
  } catch {
    // Not Linux.
    return undefined;
  }
  for (const line of table.split("\n").slice(1)) {
    const columns = line.trim().split(/\s+/);
    if (columns[LOCAL_COLUMN]?.endsWith(local) === true && columns[REMOTE_COLUMN]?.endsWith(remote) === true) {
      return columns[INODE_COLUMN];
    }
  }
  return undefined;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // The descriptor was closed between listing and reading.
    return "";
  }
}

function hexOf(port: number): string {
  return `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
}
