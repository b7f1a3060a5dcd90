import { defineConfig } from "vitest/config";

// Tests run from source through the `source` export condition: no build in the inner loop.
const resolve = { conditions: ["source"] };
const ssr = { resolve: { conditions: ["source"] } };

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
          pool: "forks",
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
