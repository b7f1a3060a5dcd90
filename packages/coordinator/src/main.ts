/** The coordinator as a process. */
import { runProcess } from "@millrace/runtime";
import { startCoordinator } from "./start-coordinator.ts";

await runProcess("coordinator", async (context) => {
  const coordinator = await startCoordinator(context);
  return {
    ready: { endpoint: `${coordinator.host}:${coordinator.port}`, adminEndpoint: coordinator.adminEndpoint },
    close: () => coordinator.close(),
  };
});
