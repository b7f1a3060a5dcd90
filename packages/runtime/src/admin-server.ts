/** The admin port of a process: metrics and health over plain HTTP. Never the public port. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ServiceError } from "@millrace/base";
import type { Logger } from "./logger.ts";
import type { MetricsRegistry } from "./metrics-registry.ts";

/** An answer to one health question; `why` says what is missing when `ok` is false. */
export interface HealthAnswer {
  readonly ok: boolean;
  readonly why?: string;
}

/** The three questions an orchestrator asks. */
export interface Health {
  /** False: restart me, I cannot recover by myself. */
  live(): HealthAnswer;
  /** False: send me no requests for now. */
  ready(): HealthAnswer;
  /** False: still starting, do not ask the other two yet. */
  startup(): HealthAnswer;
}

/** Where to listen (port 0 chooses a free one) and what to show. */
export interface AdminOptions {
  readonly host: string;
  readonly port: number;
  readonly registry: MetricsRegistry;
  readonly health: Health;
  readonly logger: Logger;
}

/** A listening admin server. */
export interface AdminServer {
  readonly port: number;
  /** `http://host:port` */
  readonly endpoint: string;
  close(): Promise<void>;
}

/** Serves GET `/metrics`, `/health/live`, `/health/ready`, `/health/startup`. Errors: USAGE when the port is taken. */
export function serveAdmin(options: AdminOptions): Promise<AdminServer> {
  const server = createServer({ requestTimeout: 10_000, maxHeaderSize: 8_192 }, (request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      options.logger.error({ error }, "admin request failed");
      response.destroy();
    });
  });
  server.maxConnections = 256;
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(new ServiceError("USAGE", `cannot listen on ${options.host}:${options.port}: ${error.message}`));
    });
    server.listen(options.port, options.host, () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        port,
        endpoint: `http://${options.host}:${port}`,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}

async function answer(options: AdminOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { health, registry } = options;
  if (request.method !== "GET" && request.method !== "HEAD") return send(response, 405, "only GET\n");
  switch (request.url) {
    case "/metrics":
      return send(response, 200, await registry.text(), registry.contentType);
    case "/health/live":
      return sendHealth(response, health.live());
    case "/health/ready":
      return sendHealth(response, health.ready());
    case "/health/startup":
      return sendHealth(response, health.startup());
    default:
      return send(response, 404, "try /metrics, /health/live, /health/ready or /health/startup\n");
  }
}

function sendHealth(response: ServerResponse, { ok, why }: HealthAnswer): void {
  const body = why === undefined ? { ok } : { ok, why };
  send(response, ok ? 200 : 503, `${JSON.stringify(body)}\n`, "application/json");
}

function send(response: ServerResponse, status: number, body: string, contentType = "text/plain"): void {
  response.writeHead(status, { "content-type": contentType, "content-length": Buffer.byteLength(body) }).end(body);
}
