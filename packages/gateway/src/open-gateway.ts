/** A gateway without its ports: the cluster map it follows, its connections, and the handler of requests. */
import type { Clock, Random } from "@millrace/base";
import { ActiveCoordinator } from "@millrace/rpc";
import type { GatewayConfig, Logger, MetricsRegistry } from "@millrace/runtime";
import type { CredentialDirectory } from "./auth/credential-directory.ts";
import { ClusterMap } from "./cluster/cluster-map.ts";
import { MapWatcher } from "./cluster/map-watcher.ts";
import { StorageNodes } from "./cluster/storage-nodes.ts";
import { GatewayMetrics } from "./gateway-metrics.ts";
import { ByteBudget } from "./http/byte-budget.ts";
import type { RequestHandler } from "./http/http-message.ts";
import type { OperationContext } from "./operations/operation-context.ts";
import { requestHandler, type RequestServices } from "./operations/serve-request.ts";
import { AppendIds } from "./put/append-ids.ts";
import { Subscriptions } from "./subscribe/subscriptions.ts";

/** What a gateway is made of. */
export interface GatewayParts {
  readonly config: GatewayConfig;
  readonly logger: Logger;
  readonly registry: MetricsRegistry;
  readonly clock: Clock;
  readonly random: Random;
}

/** See the file comment. */
export interface OpenGateway {
  readonly map: ClusterMap;
  readonly nodes: StorageNodes;
  readonly metrics: GatewayMetrics;
  readonly subscriptions: Subscriptions;
  readonly services: RequestServices;
  /** Answers one request of the public API. */
  readonly handler: RequestHandler;
  /** Begins to follow the cluster map; `holder` names this gateway in the coordinator's logs. */
  follow(holder: string): void;
  /** Stops following and closes the connections; subscriptions are ended before. */
  close(): void;
}

/** See the file comment. `directory` undefined: signatures are not verified. */
export function openGateway(parts: GatewayParts, directory?: CredentialDirectory): OpenGateway {
  const { config, logger, registry, clock, random } = parts;
  const map = new ClusterMap(clock);
  const coordinator = new ActiveCoordinator(config.coordinators, clock, (error) =>
    logger.error({ error }, "a coordinator refuses this gateway"),
  );
  const metrics = new GatewayMetrics(registry);
  map.onStreamGone((name) => metrics.forget(name));
  const nodes = new StorageNodes(map, clock);
  const context: OperationContext = {
    map,
    nodes,
    appendIds: new AppendIds(random),
    coordinator,
    clock,
    random,
    logger,
    metrics,
    readBudget: new ByteBudget(config.inFlightBytesMax),
    limitsOn: config.limits === "aws",
  };
  const subscriptions = new Subscriptions(context);
  const services = { context, subscriptions, directory, defaultRegion: config.defaultRegion };
  let watcher: MapWatcher | undefined;
  return {
    map,
    nodes,
    metrics,
    subscriptions,
    services,
    handler: requestHandler(services),
    follow: (holder) => {
      watcher ??= new MapWatcher({
        map,
        clock,
        random,
        coordinator,
        holder,
        onLost: (why) => logger.warn({ why }, "the watch of the cluster map broke; going on with the last one"),
      });
    },
    close: () => {
      watcher?.close();
      nodes.close();
      coordinator.close();
    },
  };
}
