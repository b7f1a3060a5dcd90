/** Builds a whole gateway from its parts and runs it until closed. */
import { readFile } from "node:fs/promises";
import { ServiceError, type Clock, type Random } from "@millrace/base";
import { coordinatorClient, servePublicGrpc } from "@millrace/rpc";
import { serveAdmin, type GatewayConfig, type Logger, type MetricsRegistry } from "@millrace/runtime";
import { readCredentialDirectory } from "./auth/credential-directory.ts";
import { ClusterMap } from "./cluster/cluster-map.ts";
import { MapWatcher } from "./cluster/map-watcher.ts";
import { StorageNodes } from "./cluster/storage-nodes.ts";
import { GatewayMetrics } from "./gateway-metrics.ts";
import { ByteBudget } from "./http/byte-budget.ts";
import { grpcHandlers } from "./grpc/grpc-handlers.ts";
import { defaultHttpLimits, type HttpLimits } from "./http/http-limits.ts";
import { openHttpPort } from "./http/http-port.ts";
import type { OperationContext } from "./operations/operation-context.ts";
import { requestHandler } from "./operations/serve-request.ts";
import { AppendIds } from "./put/append-ids.ts";
import { Subscriptions } from "./subscribe/subscriptions.ts";

/** What a gateway is made of. `httpLimits` replaces defaults that have no setting; tests use it. */
export interface GatewayOptions {
  readonly config: GatewayConfig;
  readonly logger: Logger;
  readonly registry: MetricsRegistry;
  readonly clock: Clock;
  readonly random: Random;
  readonly httpLimits?: Partial<HttpLimits>;
}

/** A running gateway. */
export interface RunningGateway {
  readonly host: string;
  readonly port: number;
  /** Undefined when gRPC is not served. */
  readonly grpcPort: number | undefined;
  readonly adminPort: number;
  readonly adminEndpoint: string;
  /** URL of the Kinesis API. */
  readonly endpoint: string;
  /** True once requests will be answered: a cluster map has arrived. */
  readonly ready: () => boolean;
  /** Resolves when {@link ready}, or false after `timeoutMs`. */
  readonly whenReady: (timeoutMs: number) => Promise<boolean>;
  /** Stops accepting, finishes requests, ends subscriptions. Idempotent. */
  close(): Promise<void>;
}

const CLOSE_GRACE_MS = 5_000;

/** Listens and begins to follow the cluster map. Fails with USAGE when a port is taken or a file is unusable. */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const { config, logger, registry, clock, random } = options;
  const tls = await readTls(config);
  const directory = config.credentialsFile === null ? undefined : await readCredentialDirectory(config.credentialsFile);
  const map = new ClusterMap(clock);
  const coordinators = config.coordinators.map((address) => coordinatorClient(address));
  const metrics = new GatewayMetrics(registry);
  map.onStreamGone((name) => metrics.forget(name));
  const nodes = new StorageNodes(map, clock);
  const readBudget = new ByteBudget(config.inFlightBytesMax);
  const limitsOn = config.limits === "aws";
  const context: OperationContext = {
    map,
    nodes,
    appendIds: new AppendIds(random),
    coordinators,
    clock,
    random,
    logger,
    metrics,
    readBudget,
    limitsOn,
  };
  const subscriptions = new Subscriptions(context);
  const services = { context, subscriptions, directory, defaultRegion: config.defaultRegion };
  const port = await openHttpPort({
    host: config.listenHost,
    port: config.port,
    tls,
    clock,
    random,
    limits: {
      ...defaultHttpLimits,
      connectionsMax: config.maxConnections,
      bodyBytesMax: config.requestBytesMax,
      inFlightBytesMax: config.inFlightBytesMax,
      ...options.httpLimits,
    },
    handler: requestHandler(services),
    onDefect: (error, requestId) => {
      metrics.defect(error);
      logger.error({ error, requestId }, "a request failed because of a defect");
    },
    onOverload: () => metrics.rejected("request_bytes"),
    onAbuse: () => metrics.rejected("http2_session"),
  });
  metrics.watch({
    appendQueueDepth: () => nodes.depth,
    subscriptions: () => subscriptions.count,
    connections: port.connections,
    heldBytes: port.heldBytes,
    subscriptionLags: () => subscriptions.lags(),
  });
  const watcher = new MapWatcher({
    map,
    clock,
    random,
    clients: coordinators,
    holder: `gateway ${config.listenHost}:${port.port}`,
    onLost: (why) => logger.warn({ why }, "the watch of the cluster map broke; going on with the last one"),
  });
  const readiness = (): { ok: boolean; why?: string } =>
    map.ready ? { ok: true } : { ok: false, why: "no cluster map has arrived yet" };
  const admin = await serveAdmin({
    host: config.adminHost,
    port: config.adminPort,
    registry,
    logger,
    health: { live: () => ({ ok: true }), ready: readiness, startup: readiness },
  });
  const grpc =
    config.grpcPort === null
      ? undefined
      : await servePublicGrpc(config.listenHost, config.grpcPort, grpcHandlers(services));
  const announce = (): void => grpc?.setServing(map.ready);
  announce();
  map.onChange(announce);

  const closeAll = async (): Promise<void> => {
    subscriptions.endAll();
    await Promise.all([port.close(CLOSE_GRACE_MS), grpc?.close(CLOSE_GRACE_MS)]);
    watcher.close();
    nodes.close();
    for (const client of coordinators) client.close();
    await admin.close();
  };
  let closing: Promise<void> | undefined;
  const scheme = tls === undefined ? "http" : "https";
  return {
    host: config.listenHost,
    port: port.port,
    grpcPort: grpc?.port,
    adminPort: admin.port,
    adminEndpoint: admin.endpoint,
    endpoint: `${scheme}://${config.listenHost}:${port.port}`,
    ready: () => map.ready,
    whenReady: (timeoutMs) => map.waitFor(timeoutMs, () => map.ready),
    close: () => (closing ??= closeAll()),
  };
}

async function readTls(config: GatewayConfig): Promise<{ certificate: string; key: string } | undefined> {
  const { tlsCert, tlsKey } = config;
  if (tlsCert === null && tlsKey === null) return undefined;
  if (tlsCert === null || tlsKey === null) throw new ServiceError("USAGE", "tlsCert and tlsKey come together");
  try {
    return { certificate: await readFile(tlsCert, "utf8"), key: await readFile(tlsKey, "utf8") };
  } catch (error) {
    throw new ServiceError("USAGE", `cannot read the TLS files: ${ServiceError.from(error).message}`, { cause: error });
  }
}
