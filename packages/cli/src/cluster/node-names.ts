/** What `millrace up` calls the nodes whose directories it keeps, by the ids that are written there. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Names (`node-2`) by node id; empty where there are no such directories. */
export function readNodeNames(dataDir: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const name of directoriesOf(dataDir)) {
    try {
      const { nodeId } = JSON.parse(readFileSync(join(dataDir, name, "identity.json"), "utf8")) as { nodeId?: unknown };
      if (typeof nodeId === "string") names.set(nodeId, name);
    } catch {
      // It has not been started yet, or cannot be: it has no id to go by.
    }
  }
  return names;
}

function directoriesOf(dataDir: string): string[] {
  try {
    return readdirSync(dataDir).filter((name) => /^node-[1-9]\d?$/.test(name));
  } catch {
    // The cluster is on other machines.
    return [];
  }
}
