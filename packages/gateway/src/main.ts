/** The gateway as a process. */
import { runProcess } from "@millrace/runtime";
import { startGateway } from "./start-gateway.ts";

await runProcess("gateway", async (context) => {
  const gateway = await startGateway(context);
  const grpc = gateway.grpcPort === undefined ? {} : { grpcEndpoint: `${gateway.host}:${gateway.grpcPort}` };
  return {
    ready: { endpoint: gateway.endpoint, adminEndpoint: gateway.adminEndpoint, ...grpc },
    close: () => gateway.close(),
  };
});
