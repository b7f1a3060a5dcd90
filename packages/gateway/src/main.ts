/** The gateway as a process. */
import { runProcess } from "@millrace/runtime";
import { startGateway } from "./start-gateway.ts";

const MAP_WAIT_MS = 10_000;

await runProcess("gateway", async (context) => {
  const gateway = await startGateway(context);
  // Whoever started this process wants to hear of it when requests will be answered. Without a coordinator it stays up,
  // answers 503 and says so on its readiness check.
  await gateway.whenReady(MAP_WAIT_MS);
  const grpc = gateway.grpcPort === undefined ? {} : { grpcEndpoint: `${gateway.host}:${gateway.grpcPort}` };
  return {
    ready: { endpoint: gateway.endpoint, adminEndpoint: gateway.adminEndpoint, ...grpc },
    close: () => gateway.close(),
  };
});
