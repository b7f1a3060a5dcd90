/** `millrace up` from the first check to the last process gone. */
import { resolve } from "node:path";
import { ServiceError } from "@millrace/base";
import { exitCodes } from "@millrace/runtime";
import { screen } from "./cluster-description.ts";
import { checkCoordinators, copiesFor } from "./cluster-plan.ts";
import { chooseNodes, keepCopies, readKeptNodes } from "./kept-nodes.ts";
import { lockDataDir } from "./data-dir-lock.ts";
import { portIsFree } from "./free-port.ts";
import type { RunningCluster, StartRequest } from "./running-cluster.ts";
import type { UpOptions, UpRequest } from "./up-options.ts";

/** Runs until a signal. Errors: USAGE for a taken port or data directory, UNAVAILABLE when a process does not come up. */
export async function up(given: UpRequest): Promise<void> {
  const begunMs = performance.now();
  if (given.dataDir.trim() === "") throw new ServiceError("USAGE", "--data-dir must name a directory");
  const options = { ...given, dataDir: resolve(given.dataDir) };
  if (options.nodes !== undefined) copiesFor(options.nodes);
  checkCoordinators(options);
  for (const [flag, port] of [
    ["--port", options.port],
    ["--grpc-port", options.grpcPort ?? 0],
  ] as const) {
    if (port !== 0 && !(await portIsFree(port))) {
      throw new ServiceError(
        "USAGE",
        `port ${port} is in use; choose another with ${flag}, or ${flag} 0 for a free one`,
      );
    }
  }
  const lock = lockDataDir(options.dataDir);
  const stopRequests = listenForStop(() => lock.release());
  try {
    const { nodes, warning } = chooseNodes(options, readKeptNodes(options.dataDir));
    if (warning !== "") process.stderr.write(`${warning}\n`);
    keepCopies(options.dataDir, copiesFor(nodes));
    const cluster = await start({ ...options, nodes });
    if (!stopRequests.pending()) {
      process.stdout.write(
        options.json
          ? `${JSON.stringify(cluster.description)}\n`
          : screen(cluster.description, performance.now() - begunMs),
      );
    }
    await stopRequests.serve(cluster);
  } finally {
    stopRequests.ignore();
    lock.release();
  }
  process.exit(exitCodes.clean);
}

async function start(options: UpOptions): Promise<RunningCluster> {
  const request: StartRequest = {
    options,
    tls: options.tls ? await (await import("./self-signed.ts")).selfSignedPair(options.dataDir) : null,
    say: (line) => process.stderr.write(`${new Date().toISOString()} ${line}\n`),
  };
  if (options.etcd !== undefined) {
    const { requireEtcd } = await import("@millrace/coordinator");
    const { etcdPlace } = await import("../metadata/metadata-place.ts");
    await requireEtcd((await etcdPlace({ etcd: options.etcd.join(","), etcdPrefix: options.etcdPrefix })).etcd);
  }
  if (options.single) return (await import("./start-single.ts")).startSingle(request);
  return (await import("./start-processes.ts")).startProcesses(request);
}

/** Signals since {@link listenForStop}. */
interface StopRequests {
  /** Whether one has come already. */
  pending(): boolean;
  /** Waits for the first and stops the cluster in order; a second one kills it. */
  serve(cluster: RunningCluster): Promise<void>;
  /** Listens no more: a process that failed to start ends although its parent still holds a channel to it. */
  ignore(): void;
}

/**
 * While the cluster starts, the first signal waits until it has started, and a second one ends this process after a call
 * of `abandon`; children end by themselves when this process does.
 */
function listenForStop(abandon: () => void): StopRequests {
  let signals = 0;
  let onSignal = (): void => {
    if (signals > 1) {
      abandon();
      process.exit(exitCodes.failed);
    }
    process.stderr.write("stopping as soon as it has started; once more to stop at once\n");
  };
  const count = (): void => {
    signals += 1;
    onSignal();
  };
  const events = ["SIGINT", "SIGTERM", ...(process.env["MILLRACE_EXIT_WITH_PARENT"] === "1" ? ["disconnect"] : [])];
  for (const event of events) process.on(event, count);
  return {
    pending: () => signals > 0,
    ignore() {
      for (const event of events) process.off(event, count);
    },
    async serve(cluster) {
      await new Promise<void>((resolveFirst) => {
        onSignal = () => {
          process.stderr.write("stopping; once more to stop at once\n");
          resolveFirst();
        };
        if (signals > 0) resolveFirst();
      });
      onSignal = () => {
        cluster.kill();
        abandon();
        process.exit(exitCodes.failed);
      };
      await cluster.stop();
    },
  };
}
