/** Imports go down only; what a package imports it declares, and nothing else; every library has one owner. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { importsOf, productFiles, repository, typescriptFiles, type SourceFile } from "./source-files.ts";

/** What each package may import of ours. What is not listed is refused. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  model: ["base"],
  kinesis: ["base", "model"],
  replication: ["base", "model"],
  rpc: ["base", "model", "replication"],
  runtime: ["base"],
  "log-store": ["base", "model"],
  coordinator: ["base", "model", "kinesis", "rpc", "runtime", "log-store"],
  "storage-node": ["base", "model", "replication", "rpc", "runtime", "log-store"],
  gateway: ["base", "model", "kinesis", "rpc", "runtime"],
  load: ["base", "model", "kinesis", "rpc", "runtime", "producer"],
  producer: ["base", "model", "kinesis"],
  worker: ["base", "model", "kinesis"],
  cli: [
    "base",
    "model",
    "kinesis",
    "runtime",
    "coordinator",
    "storage-node",
    "gateway",
    "load",
    "producer",
    "worker",
    "rpc",
    "log-store",
  ],
  testkit: ["base", "model", "kinesis", "replication", "rpc", "runtime", "log-store"],
};

/** Packages that import no `node:` module: everything they need of Node comes through `base`. */
const PURE = ["model", "kinesis", "replication"];

/** The one file (or folder) of each external library; one in each package that users install by itself. */
const OWNERS: Readonly<Record<string, string | readonly string[]>> = {
  "@aws-sdk/client-kinesis": [
    "packages/cli/src/stream/kinesis-client.ts",
    "packages/load/src/producer-bench/sdk-puts.ts",
    "packages/producer/src/transport/kinesis-transport.ts",
    "packages/worker/src/kinesis/",
  ],
  "@aws-sdk/client-s3": "packages/cli/src/backup/s3-store.ts",
  "@grpc/grpc-js": "packages/rpc/src/",
  "@grpc/proto-loader": "packages/rpc/src/",
  "@grpc/reflection": "packages/rpc/src/serve-public-grpc.ts",
  "@smithy/core": "packages/kinesis/src/",
  commander: "packages/cli/src/command-line.ts",
  "grpc-health-check": "packages/rpc/src/serve-public-grpc.ts",
  "hdr-histogram-js": "packages/load/src/measure/latency-histogram.ts",
  pino: "packages/runtime/src/logger.ts",
  ioredis: "packages/worker/src/redis/redis-connection.ts",
  "prom-client": ["packages/runtime/src/metrics-registry.ts", "packages/worker/src/metrics/worker-metrics.ts"],
  rocksdb: "packages/log-store/src/rocksdb/",
  selfsigned: "packages/cli/src/cluster/self-signed.ts",
  yaml: "packages/runtime/src/config-file.ts",
  zod: "packages/runtime/src/setting-schema.ts",
};

const ours = (specifier: string): string | undefined => /^@millrace\/([^/]+)/.exec(specifier)?.[1];

const external = (specifier: string): string | undefined =>
  /^[./]|^node:|^@millrace\//.test(specifier) ? undefined : /^(@[^/]+\/[^/]+|[^/]+)/.exec(specifier)?.[1];

/** What is wrong with one file's imports. */
function layerFaults(file: Pick<SourceFile, "path" | "text" | "packageName" | "isTest">): string[] {
  const { path, text, packageName = "" } = file;
  const faults: string[] = [];
  for (const specifier of importsOf(text)) {
    const target = ours(specifier);
    const allowed = LAYERS[packageName] ?? [];
    if (target !== undefined && !allowed.includes(target) && !(file.isTest && target === "testkit")) {
      faults.push(
        `${path}: ${packageName} must not import ${specifier}; it may import ${allowed.join(", ") || "nothing"}`,
      );
    }
    if (target !== undefined && specifier !== `@millrace/${target}`) {
      faults.push(`${path}: import @millrace/${target}, not a file inside it (${specifier})`);
    }
    if (PURE.includes(packageName) && specifier.startsWith("node:") && !file.isTest) {
      faults.push(`${path}: ${packageName} is pure; take what ${specifier} gives from @millrace/base`);
    }
    const library = file.isTest ? undefined : external(specifier);
    if (library === undefined) continue;
    const owners = [OWNERS[library] ?? []].flat();
    if (!owners.some((owner) => path.startsWith(owner))) {
      const whose = owners.join(" and ") || "nobody yet: give it an owner in layers.test.ts";
      faults.push(`${path}: ${library} belongs to ${whose}`);
    }
  }
  return faults;
}

test("imports go down only, and libraries stay with their owners", () => {
  const files = typescriptFiles.filter(({ packageName, path }) => packageName !== undefined && path.includes("/src/"));
  expect(files.flatMap(layerFaults)).toEqual([]);
});

test("the rule finds what it forbids", () => {
  const file = { path: "packages/model/src/x.ts", packageName: "model", isTest: false };
  const bad = [
    'import x from "@millrace/rpc";',
    'import "node:fs";',
    'await import("zod");',
    'export * from "@millrace/base/x";',
  ];
  expect(bad.map((text) => layerFaults({ ...file, text }).length)).toEqual([1, 1, 1, 1]);
  expect(layerFaults({ ...file, text: 'import type { Clock } from "@millrace/base";' })).toEqual([]);
});

test.each(Object.keys(LAYERS))("%s declares exactly what it imports", (name) => {
  const manifest = readJson(`packages/${name}/package.json`) as Record<string, Record<string, string> | undefined>;
  const { dependencies, peerDependencies } = manifest;
  const used = new Set<string>();
  for (const file of productFiles.filter(({ packageName }) => packageName === name)) {
    for (const specifier of importsOf(file.text)) {
      const target = ours(specifier);
      const library = target === undefined ? external(specifier) : `@millrace/${target}`;
      if (library !== undefined) used.add(library);
    }
  }
  expect(Object.keys({ ...dependencies, ...peerDependencies }).toSorted()).toEqual([...used].toSorted());
  const project = readJson(`packages/${name}/tsconfig.json`) as { references: { path: string }[] };
  const referenced = project.references.map(({ path }) => `@millrace/${path.replace("../", "")}`);
  // The test kit is for tests only, so nothing depends on it; but what tests import must be built before them.
  const products = referenced.filter((each) => each !== "@millrace/testkit");
  expect(products.toSorted()).toEqual([...used].filter((each) => each.startsWith("@millrace/")).toSorted());
});

test("every package is in the table", () => {
  const listed = readJson("tsconfig.json") as { references: { path: string }[] };
  expect(listed.references.map(({ path }) => path.replace("packages/", "")).toSorted()).toEqual(
    Object.keys(LAYERS).toSorted(),
  );
  expect(Object.keys(LAYERS).filter((name) => !existsSync(join(repository, "packages", name)))).toEqual([]);
});

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(repository, path), "utf8"));
}
