/** The life of one process: configuration, signals, the last words of a crash, and what its parent is told. */
import { realClock, realRandom, ServiceError, withDeadline, type Clock, type Random } from "@millrace/base";
import { loadConfig } from "./load-config.ts";
import { createLogger, type Logger } from "./logger.ts";
import { MetricsRegistry } from "./metrics-registry.ts";
import type { RoleConfigs } from "./role-config.ts";
import type { Role } from "./settings.ts";
import { productVersion } from "./product-version.ts";

/** How a process ends. */
export const exitCodes: {
  readonly clean: 0;
  readonly failed: 1;
  readonly usage: 2;
  readonly retired: 3;
  readonly interrupted: 130;
} = {
  clean: 0,
  failed: 1,
  usage: 2,
  // A storage node that was decommissioned: starting it again on the same directory is of no use.
  retired: 3,
  // 128 + SIGINT, as shells say it.
  interrupted: 130,
};

/** How long closing may take before the process ends anyway. */
const CLOSE_DEADLINE_MS = 15_000;

/** The real components a process is built from. */
export interface ProcessContext<R extends Role> {
  readonly config: RoleConfigs[R];
  readonly logger: Logger;
  readonly registry: MetricsRegistry;
  readonly clock: Clock;
  readonly random: Random;
}

/** What a started process says about itself to whoever started it. */
export interface ReadyReport {
  /** `host:port` or URL at which it serves. */
  readonly endpoint: string;
  /** URL of its admin port. */
  readonly adminEndpoint: string;
  /** Its lasting identity (a storage node's uuid), when it has one. */
  readonly id?: string;
  readonly zone?: string;
  /** A gateway's gRPC address, when it serves gRPC. */
  readonly grpcEndpoint?: string;
}

/** A process that serves. `close` stops taking work, finishes what it has, releases everything; it is called once. */
export interface RunningProcess {
  readonly ready: ReadyReport;
  close(): Promise<void>;
}

/** The message a forked process sends to its parent once it serves. */
export interface ReadyMessage extends ReadyReport {
  readonly type: "ready";
  readonly role: Role;
  readonly pid: number;
}

/**
 * Runs `start` as the whole of this process. SIGTERM and SIGINT close it once, with a deadline. Exit codes are
 * {@link exitCodes}. A forked process tells its parent {@link ReadyMessage}, and ends when the parent goes away if
 * MILLRACE_EXIT_WITH_PARENT=1.
 */
export async function runProcess<R extends Role>(
  role: R,
  start: (context: ProcessContext<R>) => Promise<RunningProcess>,
): Promise<void> {
  let logger = createLogger({ role, level: "info" });
  const registry = new MetricsRegistry({ role, version: productVersion });
  const crash = (error: unknown): void => {
    registry.countIfAssertion(error);
    logger.error({ error }, "ending because of a defect");
    process.exit(exitCodes.failed);
  };
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", crash);
  try {
    const config = await loadConfig(role, { argv: process.argv.slice(2), env: process.env });
    logger = createLogger({ role, level: config.logLevel });
    const stopRequested = nextStopRequest();
    const running = await start({ config, logger, registry, clock: realClock, random: realRandom });
    process.send?.({ type: "ready", role, pid: process.pid, ...running.ready } satisfies ReadyMessage);
    logger.info({ ...running.ready }, "ready");
    const reason = await stopRequested;
    logger.info({ reason }, "closing");
    await withDeadline(realClock, CLOSE_DEADLINE_MS, `closing the ${role}`, running.close());
    process.exit(exitCodes.clean);
  } catch (thrown) {
    const error = ServiceError.from(thrown);
    logger.error({ error }, "ending because of a failure");
    process.exit(error.code === "USAGE" ? exitCodes.usage : exitCodes.failed);
  }
}

/** Resolves with the reason at the first signal, or when the parent is gone. */
function nextStopRequest(): Promise<string> {
  return new Promise((resolve) => {
    process.on("SIGTERM", () => resolve("SIGTERM"));
    process.on("SIGINT", () => resolve("SIGINT"));
    if (process.env["MILLRACE_EXIT_WITH_PARENT"] === "1") process.on("disconnect", () => resolve("parent gone"));
  });
}
