import { configDefaults, defineConfig } from "vitest/config";

// Tests run from source through the `source` export condition: no build in the inner loop.
const resolve = { conditions: ["source"] };
const ssr = { resolve: { conditions: ["source"] } };

/** Bound by the processors alone, on simulated time: how fast they run changes nothing. One file speaks to a real Redis. */
const simulated = ["test/sim/**/!(worker-leases-redis).test.ts"];

export default defineConfig({
  resolve,
  ssr,
  test: {
    projects: [
      {
        resolve,
        ssr,
        // Processes: the prebuilt RocksDB binding can be loaded by one thread of a process only.
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "test/tidy/**/*.test.ts"],
          pool: "forks",
          // A bound against hanging only: machines that run tests are busy.
          testTimeout: 30_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: "system",
          include: ["test/{sim,contract,e2e,clients}/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...simulated],
          pool: "forks",
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        resolve,
        ssr,
        // Runs behind the other projects with the lowest priority (scripts/test.sh): it is bound by the processors alone.
        test: {
          name: "simulation",
          include: simulated,
          pool: "forks",
          fileParallelism: false,
          testTimeout: 1_800_000,
        },
      },
    ],
  },
});
