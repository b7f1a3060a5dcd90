/**
 * The simulator from the command line: `RUNS` seeds from `SEED` on, each of `SECONDS` simulated seconds, on all processors.
 * With `META` every seed runs twice and both traces must be the same. Ends with status 1 at the first seed that fails, with
 * what led to it and the command that replays it; else with what happened to the clusters.
 */
import { fromEnvironment, runFromCommandLine } from "./regime/command-line.ts";

const safetyMs = fromEnvironment("SECONDS", 120) * 1000;
const twice = (process.env["META"] ?? "") !== "";
await runFromCommandLine({ kind: "cluster", safetyMs, twice }, 20);
