/** Builds a whole gateway from its parts and runs it until closed. */
import { readFile } from "node:fs/promises";
import { fileProblem, ServiceError } from "@millrace/base";
import { servePublicGrpc, speakProtocol } from "@millrace/rpc";
import { serveAdmin, type GatewayConfig } from "@millrace/runtime";
import { readCredentialDirectory } from "./auth/credential-directory.ts";
import { grpcHandlers } from "./grpc/grpc-handlers.ts";
import { defaultHttpLimits, type HttpLimits } from "./http/http-limits.ts";
import { openHttpPort } from "./http/http-port.ts";
import { openGateway, type GatewayParts } from "./open-gateway.ts";

/** What a gateway is made of. `httpLimits` replaces defaults that have no setting; tests use it. */
export interface GatewayOptions extends GatewayParts {
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
  speakProtocol(config.protocolVersionMax);
  const tls = await readTls(config);
  const directory = config.credentialsFile === null ? undefined : await readCredentialDirectory(config.credentialsFile);
  const { map, nodes, metrics, subscriptions, services, handler, ...gateway } = openGateway(options, directory);
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
    handler,
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
  gateway.follow(`gateway ${config.listenHost}:${port.port}`);
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
    gateway.close();
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
  return { certificate: await readPem("tlsCert", tlsCert), key: await readPem("tlsKey", tlsKey) };
}

async function readPem(setting: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new ServiceError("USAGE", `cannot read ${path} (${setting}): ${fileProblem(error)}`, { cause: error });
  }
}
