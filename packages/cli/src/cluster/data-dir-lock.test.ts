import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkCoordinators, copiesFor, planCluster } from "./cluster-plan.ts";
import { lockDataDir } from "./data-dir-lock.ts";
import { identityOf } from "./process-identity.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "millrace-lock-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("a held lock refuses a second cluster, a released one does not, and nothing else is left", () => {
  const held = lockDataDir(join(directory, "new"));
  expect(() => lockDataDir(join(directory, "new"))).toThrow(/in use by a cluster that runs already/);
  held.release();
  lockDataDir(join(directory, "new")).release();
  expect(readdirSync(join(directory, "new"))).toEqual([]);
});

test.each([
  ["a process that is gone", { pid: 4_194_304, startTicks: 5 }],
  ["another process that has the pid now", { ...identityOf(process.pid), startTicks: 1 }],
  ["nobody: it is damaged", "{"],
])("a lock of %s is stale", (_, content) => {
  writeFileSync(join(directory, "lock"), typeof content === "string" ? content : JSON.stringify(content));
  const lock = lockDataDir(directory);
  expect(readdirSync(directory)).toEqual(["lock"]);
  lock.release();
});

test("a directory that cannot be made is named", () => {
  writeFileSync(join(directory, "file"), "");
  expect(() => lockDataDir(join(directory, "file", "below"))).toThrow(/cannot write to/);
});

test("a cluster is one copy on one node or three on three and more", () => {
  expect([copiesFor(1), copiesFor(3), copiesFor(7)]).toEqual([1, 3, 3]);
  expect(() => copiesFor(2)).toThrow(/--nodes/);
});

const options = {
  nodes: 4,
  coordinators: 1,
  etcdPrefix: "/millrace",
  port: 0,
  dataDir: "/d",
  single: false,
  limits: "off",
  tls: false,
  json: false,
} as const;

test("several coordinators share an etcd, and everyone is told of all of them", () => {
  const several = { ...options, nodes: 3, coordinators: 2 };
  expect(() => checkCoordinators(several)).toThrow(/--etcd/);
  const withEtcd = { ...several, etcd: ["http://e:1", "http://f:1"] };
  checkCoordinators(withEtcd);
  const ports = { coordinators: [1, 2], nodes: [3, 4, 5], admin: [6, 7, 8, 9, 10, 11], gateway: 12, grpc: null };
  const plan = planCluster(withEtcd, ports, null);
  expect(plan.slice(0, 2).map(({ name }) => name)).toEqual(["coordinator-1", "coordinator-2"]);
  expect(plan[1]?.argv).toEqual([
    "--limits=off",
    "--listen-port=2",
    "--admin-port=7",
    "--data-dir=/d/coordinator",
    "--etcd-endpoints=http://e:1,http://f:1",
    "--etcd-prefix=/millrace",
    "--replication-factor=3",
  ]);
  for (const { argv } of plan.slice(2)) expect(argv).toContain("--coordinators=127.0.0.1:1,127.0.0.1:2");
});

test("the plan puts nodes into zones in turn and gives each its own port and directory", () => {
  const ports = { coordinators: [1], nodes: [2, 3, 4, 5], admin: [6, 7, 8, 9, 10, 11], gateway: 12, grpc: null };
  const plan = planCluster(options, ports, null);
  expect(plan.map(({ name }) => name)).toEqual(["coordinator", "node-1", "node-2", "node-3", "node-4", "gateway"]);
  expect(plan.map(({ zone }) => zone)).toEqual([undefined, "a", "b", "c", "a", undefined]);
  expect(plan[2]?.argv).toContain("--listen-port=3");
  expect(plan[2]?.argv).toContain("--data-dir=/d/node-2");
  expect(plan[5]?.argv.join(" ")).toBe("--limits=off --port=12 --admin-port=11 --coordinators=127.0.0.1:1");
});
