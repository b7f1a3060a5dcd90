/** Starts a storage node in this process: opens its disk, serves, finds its coordinator. */
import { nodeDisk, openLogStore, type LogStoreSeams } from "@millrace/log-store";
import { ActiveCoordinator, protocolFields, serveRpc, speakProtocol } from "@millrace/rpc";
import { exitCodes, serveAdmin, type Health, type ProcessContext, type RunningProcess } from "@millrace/runtime";
import { sleep } from "@millrace/base";
import { ClusterIdentity } from "./coordinator/cluster-identity.ts";
import { CoordinatorLink } from "./coordinator/coordinator-link.ts";
import { watchMap } from "./coordinator/map-watch.ts";
import { RETENTION_EVERY_MS } from "./retention/retention.ts";
import { StorageNode } from "./storage-node.ts";

/** The process's context, and what tests set. */
export interface StorageNodeOptions extends ProcessContext<"storage-node"> {
  readonly retentionEveryMs?: number;
  /** Where data lies; absent: files of this machine. */
  readonly storage?: Pick<LogStoreSeams, "disk" | "openDatabase">;
  /** Serves metrics and health; absent: over HTTP. */
  readonly serveAdmin?: typeof serveAdmin;
  /** Called when the disk failed and nothing may be trusted any more; ends the process unless given. */
  readonly onFatal?: (error: Error) => void;
  /** Called when the coordinator says that the node was decommissioned; ends the process with `exitCodes.retired` unless given. */
  readonly onRetired?: (why: string) => void;
}

/** A serving storage node. */
export interface RunningStorageNode extends RunningProcess {
  readonly port: number;
  readonly adminPort: number;
  readonly nodeId: string;
  /** Hands over what it leads, finishes what is in flight, resigns the rest, then closes. Idempotent. */
  close(): Promise<void>;
  /** Closes without finishing or resigning anything, as near to a crash as one process can come to itself. */
  abandon(): Promise<void>;
}

/** How long a closing node waits for its coordinator to hear that it resigned. */
const FAREWELL_MS = 300;

/**
 * Resolves when the node serves; it registers in the background, for ever. Rejects with USAGE when a port is taken, and as
 * `openLogStore` does.
 */
export async function startStorageNode(options: StorageNodeOptions): Promise<RunningStorageNode> {
  const { config, logger, registry, clock, random } = options;
  speakProtocol(config.protocolVersionMax);
  const disk = options.storage?.disk ?? nodeDisk;
  await disk.makeDirectory(config.dataDir);
  const logStore = await openLogStore(
    {
      directory: config.dataDir,
      segmentBytes: config.segmentBytes,
      tailCacheBytes: config.tailCacheBytes,
      diskFloorBytes: config.diskFloorBytes,
      onFatal: options.onFatal ?? ((error) => endProcess(logger, error)),
    },
    { clock, random, ...options.storage },
  );
  const identity = await ClusterIdentity.load(disk, config.dataDir);
  const node = new StorageNode({
    clock,
    random,
    logger,
    registry,
    logStore,
    clusterId: () => identity.clusterId,
    limitsOn: config.limits === "aws",
    appendQueueBytes: config.appendQueueBytes,
    catchUpBytesPerSecond: config.catchUpBytesPerSecond,
    scrubEveryMs: config.scrubEveryMs,
    scrubBytesPerSecond: config.scrubBytesPerSecond,
    retentionEveryMs: options.retentionEveryMs ?? RETENTION_EVERY_MS,
  });
  const rpc = await serveRpc(config.listenHost, config.listenPort, node.services()).catch(async (error: unknown) => {
    await logStore.close();
    throw error;
  });
  const address = config.advertiseAddress ?? `${config.listenHost}:${rpc.port}`;
  const coordinator = new ActiveCoordinator(config.coordinators, clock, (error) =>
    logger.error({ error }, "a coordinator refuses this node"),
  );
  const link = new CoordinatorLink({
    clock,
    random,
    logger,
    coordinator,
    logStore,
    host: node.host,
    events: node.events,
    rates: node.rates,
    term: node.term,
    agreement: node.agreement,
    unreachable: () => node.links.unreachable(),
    registration: () => ({
      ...protocolFields(),
      nodeId: logStore.nodeId,
      boot: logStore.boot,
      zone: config.zone,
      address,
      clusterId: identity.clusterId,
      capacityBytes: logStore.stats().diskFreeBytes + logStore.stats().storeBytes,
      replicas: [...node.host.all()].map(({ shardUid, replica, configEpoch }) => ({
        shardUid,
        configEpoch,
        replicaUuid: replica.replicaUuid,
        promisedEpoch: replica.promisedEpoch,
      })),
    }),
    onRegistered: (clusterId) => identity.adopt(clusterId),
    onRetired: options.onRetired ?? (() => process.exit(exitCodes.retired)),
  });
  const stop = new AbortController();
  node.start();
  const watch = { clock, random, coordinator, holder: node.map, nodeId: logStore.nodeId };
  const background = Promise.all([
    link.run(stop.signal),
    watchMap({ ...watch, onUpdate: () => node.mapChanged() }, stop.signal),
  ]);
  const admin = await (options.serveAdmin ?? serveAdmin)({
    host: config.adminHost,
    port: config.adminPort,
    registry,
    logger,
    health: healthOf(link),
  });

  let closing: Promise<void> | undefined;
  const close = (graceful: boolean): Promise<void> => {
    closing ??= (async () => {
      if (graceful) {
        await link.handOverLeaders();
        await node.resign();
        if (link.registered) await sleep(clock, FAREWELL_MS);
      }
      stop.abort();
      node.stop();
      await Promise.all([rpc.close(graceful ? 200 : 0), background]);
      coordinator.close();
      await logStore.close();
      await admin.close();
    })();
    return closing;
  };
  return {
    port: rpc.port,
    adminPort: admin.port,
    nodeId: logStore.nodeId,
    ready: { endpoint: address, adminEndpoint: admin.endpoint, id: logStore.nodeId, zone: config.zone },
    close: () => close(true),
    abandon: () => close(false),
  };
}

/** A page whose sync failed must not be trusted again, nor anything acknowledged on top of it. */
function endProcess(logger: StorageNodeOptions["logger"], error: Error): void {
  logger.error({ error }, "the disk failed: ending, so that no unsynced write is ever acknowledged");
  process.exit(exitCodes.failed);
}

/** A node without disk space is ready: it serves reads, and says in its metrics and reports that it takes no appends. */
function healthOf(link: CoordinatorLink): Health {
  return {
    live: () => ({ ok: true }),
    startup: () => ({ ok: true }),
    ready: () => {
      if (link.registered) return { ok: true };
      const { refusal } = link;
      const why =
        refusal === undefined ? "not registered with a coordinator yet" : `the coordinator refuses it: ${refusal}`;
      return { ok: false, why };
    },
  };
}
