/** What a data directory was made with: its nodes, and how many copies of a record they keep. What is asked for must fit. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ServiceError } from "@millrace/base";
import type { UpRequest } from "./up-options.ts";

const NODES_DEFAULT = 3;

/** Numbers of the `node-N` directories, ascending, and copies of each record; undefined while there are no nodes. */
export interface KeptNodes {
  readonly nodes: readonly number[];
  readonly copies: number | undefined;
}

/** How many nodes to start, and what the person at the terminal should know; empty for nothing. */
export interface ChosenNodes {
  readonly nodes: number;
  readonly warning: string;
}

/**
 * Every node of the directory unless the request says how many. Errors: USAGE when the directory keeps one copy and three
 * are asked for, or the other way round: copies are not made up for, and a set of three does not serve with one of them.
 */
export function chooseNodes(
  { nodes: asked, single, dataDir }: Pick<UpRequest, "nodes" | "single" | "dataDir">,
  { nodes: found, copies }: KeptNodes,
): ChosenNodes {
  const isOneCopy = single || asked === 1;
  if (copies === 1 && !isOneCopy) {
    const made = `${dataDir} was made by --single and keeps one copy of every record`;
    throw new ServiceError("USAGE", `${made}: start it with --single, or give another --data-dir`);
  }
  if (copies !== undefined && copies > 1 && isOneCopy) {
    const made = `${dataDir} was made by a cluster and keeps ${copies} copies of every record`;
    const flag = single ? "--single" : "--nodes 1";
    throw new ServiceError("USAGE", `${made}: start it without ${flag}, or give another --data-dir`);
  }
  const nodes = isOneCopy ? 1 : (asked ?? Math.max(NODES_DEFAULT, ...found));
  const leftOut = found.filter((number) => number > nodes).map((number) => `node-${number}`);
  if (leftOut.length === 0) return { nodes, warning: "" };
  const consequence = "shards with copies there are short of them; without --nodes every node is started";
  return { nodes, warning: `--nodes ${nodes} leaves out ${leftOut.join(", ")} of ${dataDir}: ${consequence}` };
}

/** Reads a directory. One of an earlier release does not say how many copies: one node keeps one. */
export function readKeptNodes(dataDir: string): KeptNodes {
  const nodes = readdirSync(dataDir)
    .flatMap((name) => /^node-([1-9]\d?)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => a - b);
  if (nodes.length === 0) return { nodes, copies: undefined };
  return { nodes, copies: readCopies(dataDir) ?? (nodes.length === 1 ? 1 : 3) };
}

/** Writes down how many copies the directory's nodes keep. */
export function keepCopies(dataDir: string, copies: number): void {
  writeFileSync(join(dataDir, "cluster.json"), `${JSON.stringify({ copies })}\n`);
}

function readCopies(dataDir: string): number | undefined {
  try {
    const { copies } = JSON.parse(readFileSync(join(dataDir, "cluster.json"), "utf8")) as { copies?: unknown };
    return typeof copies === "number" ? copies : undefined;
  } catch {
    // A directory of an earlier release.
    return undefined;
  }
}
