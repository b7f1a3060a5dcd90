import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { describeConfig, loadConfig, type ConfigSources } from "./load-config.ts";
import { defaultConfig } from "./role-config.ts";
import { environmentName, flagName, roles, settings, settingsOf, type Role } from "./settings.ts";

const directory = mkdtempSync(join(tmpdir(), "millrace-config-"));
afterAll(() => rmSync(directory, { recursive: true }));

function yaml(text: string): string {
  const path = join(directory, `${Math.random()}.yaml`);
  writeFileSync(path, text);
  return path;
}

async function refused(role: Role, sources: ConfigSources, words: RegExp): Promise<void> {
  await expect(loadConfig(role, sources)).rejects.toMatchObject({
    code: "USAGE",
    message: expect.stringMatching(words) as string,
  });
}

test("a flag wins over the environment, that over the file, that over the default", async () => {
  const file = yaml("port: 1\nmaxConnections: 7\ndefaultRegion: eu-west-1\n");
  const sources = { argv: ["--port", "3"], env: { MILLRACE_PORT: "2", MILLRACE_MAX_CONNECTIONS: "8" }, file };
  const effective = await describeConfig("gateway", sources);
  const of = (key: string): unknown[] => {
    const found = effective.find((each) => each.key === key);
    return [found?.value, found?.source];
  };
  expect(of("port")).toEqual([3, "flag --port"]);
  expect(of("maxConnections")).toEqual([8, "MILLRACE_MAX_CONNECTIONS"]);
  expect(of("defaultRegion")).toEqual(["eu-west-1", `file ${file}`]);
  expect(of("limits")).toEqual(["aws", "default"]);
});

test.each(roles)("without any source %s gets its defaults", async (role) => {
  expect(await loadConfig(role, {})).toEqual(defaultConfig(role));
});

test("--config and MILLRACE_CONFIG name the file", async () => {
  const file = yaml("zone: b");
  expect(await loadConfig("storage-node", { argv: ["--config", file] })).toMatchObject({ zone: "b" });
  expect(await loadConfig("storage-node", { env: { MILLRACE_CONFIG: file } })).toMatchObject({ zone: "b" });
});

test("sizes take units, lists take commas or YAML lists", async () => {
  const argv = ["--segment-bytes=64MiB", "--coordinators", "a:1, b:2"];
  expect(await loadConfig("storage-node", { argv })).toMatchObject({
    segmentBytes: 67_108_864,
    coordinators: ["a:1", "b:2"],
  });
  const file = yaml("coordinators: [a:1]\nsegmentBytes: 1 GiB\n");
  expect(await loadConfig("storage-node", { file })).toMatchObject({ coordinators: ["a:1"], segmentBytes: 2 ** 30 });
});

test("what is unknown or of the wrong shape is refused by name", async () => {
  await refused("gateway", { argv: ["--zone", "a"] }, /--zone/);
  await refused("gateway", { file: yaml("prot: 1") }, /unknown key prot/);
  await refused("gateway", { file: yaml("[1, 2]") }, /one object/);
  await refused("gateway", { file: yaml("a: [") }, /cannot read/);
  await refused("gateway", { file: join(directory, "absent.yaml") }, /absent.yaml \(--file\): there is no such file/);
  await refused("gateway", { env: { MILLRACE_CONFIG: "absent" } }, /absent \(MILLRACE_CONFIG\): there is no such file/);
  await refused("gateway", { env: { MILLRACE_PROT: "1" } }, /unknown variable MILLRACE_PROT/);
  await refused("gateway", { argv: ["--port", "70000"] }, /port \(flag --port\)/);
  await refused("gateway", { argv: ["--port", "x"] }, /port/);
  await refused("gateway", { env: { MILLRACE_LIMITS: "none" } }, /limits \(MILLRACE_LIMITS\)/);
  await refused("storage-node", { argv: ["--segment-bytes", "12 parsecs"] }, /segmentBytes/);
});

test("a variable of another role is no error: one environment may serve a machine", async () => {
  expect(await loadConfig("gateway", { env: { MILLRACE_ZONE: "b", PATH: "/bin" } })).toEqual(defaultConfig("gateway"));
});

test("no two settings of a role share a key, a flag or a variable", () => {
  for (const role of roles) {
    const own = settingsOf(role);
    for (const name of [own.map((each) => each.key), own.map(flagName), own.map(environmentName)]) {
      expect(new Set(name).size).toBe(own.length);
    }
  }
  expect(settings.every((each) => each.help !== "" && each.roles.length > 0)).toBe(true);
});
