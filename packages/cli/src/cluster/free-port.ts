/** Ports on loopback for processes that must come back on the same port after a crash. */
import { createServer } from "node:net";
import { ServiceError } from "@millrace/base";
import type { UpOptions } from "./up-options.ts";

/** Below the range from which systems choose ports of outgoing connections, so that none is taken while a child restarts. */
const PORT_MIN = 20_000;
const PORT_MAX = 32_000;
const ATTEMPTS_MAX = 100;

/** A port nobody listens on now, different from those in `taken`, which it is added to. */
export async function freePort(taken: Set<number>): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const port = PORT_MIN + Math.floor(Math.random() * (PORT_MAX - PORT_MIN));
    if (!taken.has(port) && (await portIsFree(port))) {
      taken.add(port);
      return port;
    }
  }
  throw new ServiceError("USAGE", `no free port between ${PORT_MIN} and ${PORT_MAX} after ${ATTEMPTS_MAX} attempts`);
}

/** Where gRPC is served when nothing else is asked for. */
const GRPC_PORT = 4568;

/** The gRPC port asked for. Unless told it is 4568, or a free one when that is taken or every port is to be a free one. */
export async function chooseGrpcPort(
  { port, grpcPort }: Pick<UpOptions, "port" | "grpcPort">,
  taken: Set<number>,
): Promise<number> {
  if (grpcPort !== undefined && grpcPort !== 0) return grpcPort;
  const fixed = grpcPort === undefined && port !== 0 && port !== GRPC_PORT;
  return fixed && (await portIsFree(GRPC_PORT)) ? GRPC_PORT : freePort(taken);
}

/** Whether 127.0.0.1:`port` can be listened on now. */
export function portIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
