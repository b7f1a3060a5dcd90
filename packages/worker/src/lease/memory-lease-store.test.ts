import { ManualClock } from "@millrace/testkit";
import { MemoryLeaseStore } from "./memory-lease-store.ts";
import { describeLeaseStore } from "./testing/lease-store-contract.ts";

let clock = new ManualClock();

describeLeaseStore({
  open() {
    clock = new ManualClock();
    const table = new MemoryLeaseStore(clock);
    return Promise.resolve([table.connect(), table.connect()]);
  },
  pass: (ms) => clock.advanceAsync(ms),
});
