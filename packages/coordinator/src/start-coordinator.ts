/** Builds a whole coordinator from its parts and runs it until closed. */
import type { Clock, Random, ServiceError, TimerHandle } from "@millrace/base";
import { openKeyValueStore } from "@millrace/log-store";
import { serveRpc, speakProtocol } from "@millrace/rpc";
import { serveAdmin, type CoordinatorConfig, type Logger, type MetricsRegistry } from "@millrace/runtime";
import { CoordinatorSeat } from "./service/coordinator-seat.ts";
import { Coordinator } from "./service/coordinator.ts";
import { openEmbeddedMetadataStore } from "./store/embedded-metadata-store.ts";
import { openEtcdElection } from "./store/etcd-election.ts";
import { etcdOptions } from "./store/etcd-options.ts";
import { embeddedDirectory, requireMoved, requireNotMoved } from "./store/moved-marker.ts";
import { uncontested, type MetadataElection } from "./store/metadata-election.ts";
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
  /** Decides when this one acts; absent: the configured etcd, or nobody, as the metadata has one owner. */
  readonly election?: MetadataElection;
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
  /** Finishes the moves under way, stops taking calls, finishes what is being written, closes the store. Idempotent. */
  close(): Promise<void>;
}

/**
 * Serves, and acts as the coordinator once elected, which the only one is at once. Fails with USAGE when a port is taken or
 * a file is unusable, UNAVAILABLE when an embedded store is.
 */
export async function startCoordinator(options: CoordinatorOptions): Promise<RunningCoordinator> {
  const { config, logger, registry, clock } = options;
  speakProtocol(config.protocolVersionMax);
  const openElection = await electionOf(options);
  const seat = new CoordinatorSeat({
    clock,
    logger,
    registry,
    open: (store, onFatal) => Coordinator.open({ ...options, store, onFatal }),
    onFatal: options.onFatal ?? throwOutOfBand,
  });
  const server = await serveRpc(config.listenHost, config.listenPort, { Coordinator: seat.service.implementation });
  try {
    await seat.start(openElection(`${config.listenHost}:${server.port}`));
  } catch (error) {
    await server.close(0);
    throw error;
  }
  const ok = { ok: true };
  const admin = await (options.serveAdmin ?? serveAdmin)({
    host: config.adminHost,
    port: config.adminPort,
    registry,
    logger,
    health: { live: () => ok, startup: () => ok, ready: () => seat.readiness() },
  });
  const stopTicks = startTicks(clock, () => seat.tick());
  const closeAll = async (): Promise<void> => {
    await seat.conclude();
    stopTicks();
    seat.stop();
    await Promise.all([server.close(), admin.close()]);
    await seat.close();
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

/** What has to be read is read now; the candidate's own address is known once it listens. */
async function electionOf(options: CoordinatorOptions): Promise<(address: string) => MetadataElection> {
  const { config, election, store } = options;
  if (election !== undefined) return () => election;
  const etcd = store === undefined ? await etcdOptions(config) : undefined;
  if (etcd !== undefined) {
    requireMoved(config.dataDir);
    return (address) => openEtcdElection({ ...options, etcd, prefix: config.etcdPrefix, address });
  }
  if (store === undefined) await requireNotMoved(config.dataDir);
  const open = async (): Promise<MetadataStore> =>
    store ?? openEmbeddedMetadataStore(await openKeyValueStore(embeddedDirectory(config.dataDir)));
  return () => uncontested(open);
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
