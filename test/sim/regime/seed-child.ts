/** A process that runs the seeds its parent hands it, one order after the other, until the parent goes. */
import { carryOut, type SeedOrder } from "./seed-job.ts";

process.on("message", (order: SeedOrder) => {
  void carryOut(order).then((answer) => process.send?.(answer));
});
process.on("disconnect", () => process.exit());
