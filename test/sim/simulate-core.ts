/**
 * Seeds of the protocol's bare core from the command line: `RUNS` of them from `SEED` on, on all processors. Ends with
 * status 1 at the first that fails, with the command that replays it.
 */
import { runFromCommandLine } from "./regime/command-line.ts";

await runFromCommandLine({ kind: "core" }, 100_000);
