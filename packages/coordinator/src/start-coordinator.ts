/** Builds a whole coordinator from its parts and runs it until closed. */
import { join } from "node:path";
import type { Clock, Random, ServiceError, TimerHandle } from "@millrace/base";
import { openKeyValueStore } from "@millrace/log-store";
import { serveRpc } from "@millrace/rpc";
import { serveAdmin, type CoordinatorConfig, type Logger, type MetricsRegistry } from "@millrace/runtime";
import { Coordinator } from "./service/coordinator.ts";
import { openEmbeddedMetadataStore } from "./store/embedded-metadata-store.ts";
import type { MetadataStore } from "./store/metadata-store.ts";

const TICK_MS = 100;

/** What a coordinator is made of. */
export interface CoordinatorOptions {
  readonly config: CoordinatorConfig;
  readonly logger: Logger;
  readonly registry: MetricsRegistry;
  readonly clock: Clock;
  readonly random: Random;
  /** Where the metadata lies; absent: embedded, under the configured directory. Closed with the coordinator. */
  readonly store?: MetadataStore;
  /** Serves metrics and health; absent: over HTTP. */
  readonly serveAdmin?: typeof serveAdmin;
  /** Called once when the metadata store fails: the process must end. Absent: the error is thrown out of band. */
  readonly onFatal?: (error: ServiceError) => void;
}

/** A running coordinator. */
export interface RunningCoordinator {
  readonly host: string;
  readonly port: number;
  readonly adminPort: number;
  readonly adminEndpoint: string;
  /** Stops taking calls, finishes what is being written, closes the store. Idempotent. */
  close(): Promise<void>;
}

/** Opens the store, starts a term, serves. Fails with USAGE when a port is taken, UNAVAILABLE when the store is. */
export async function startCoordinator(options: CoordinatorOptions): Promise<RunningCoordinator> {
  const { config, logger, registry, clock } = options;
  const store = options.store ?? openEmbeddedMetadataStore(await openKeyValueStore(join(config.dataDir, "metadata")));
  const coordinator = await Coordinator.open({ ...options, store, onFatal: options.onFatal ?? throwOutOfBand });
  const server = await serveRpc(config.listenHost, config.listenPort, { Coordinator: coordinator.handlers });
  const ok = { ok: true };
  const admin = await (options.serveAdmin ?? serveAdmin)({
    host: config.adminHost,
    port: config.adminPort,
    registry,
    logger,
    health: { live: () => ok, startup: () => ok, ready: () => ok },
  });
  const stopTicks = startTicks(clock, () => coordinator.tick());
  const closeAll = async (): Promise<void> => {
    stopTicks();
    coordinator.stop();
    await Promise.all([server.close(), admin.close()]);
    await coordinator.close();
  };
  let closing: Promise<void> | undefined;
  return {
    host: config.listenHost,
    port: server.port,
    adminPort: admin.port,
    adminEndpoint: admin.endpoint,
    close: () => (closing ??= closeAll()),
  };
}

function startTicks(clock: Clock, tick: () => void): () => void {
  let timer: TimerHandle;
  const next = (): void => {
    timer = clock.schedule(TICK_MS, () => {
      next();
      tick();
    });
  };
  next();
  return () => timer.cancel();
}

/** Ends the process through its handler of uncaught exceptions. */
function throwOutOfBand(error: ServiceError): void {
  queueMicrotask(() => {
    throw error;
  });
}
