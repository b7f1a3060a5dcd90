/** Reads a role's configuration. A flag wins over the environment, that over the file, that over the default. */
import { parseArgs } from "node:util";
import { ServiceError } from "@millrace/base";
import { readConfigFile } from "./config-file.ts";
import type { RoleConfigs } from "./role-config.ts";
import { environmentName, flagName, settings, settingsOf, type Role, type Setting } from "./settings.ts";

/** Where values may come from. `file` is a YAML path; `--config FILE` and MILLRACE_CONFIG name one too. */
export interface ConfigSources {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly file?: string;
}

/** One effective value and where it came from, e.g. `flag --port`, `MILLRACE_PORT`, `file x.yaml`, `default`. */
export interface EffectiveValue {
  readonly key: string;
  readonly value: unknown;
  readonly source: string;
  readonly help: string;
}

/** MILLRACE_ variables that are not settings of a role. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set([
  "MILLRACE_CONFIG",
  "MILLRACE_ENDPOINT",
  "MILLRACE_EXIT_WITH_PARENT",
]);

/**
 * The checked configuration of `role`. Errors: USAGE for unknown flags, file keys and MILLRACE_ variables and for
 * values of the wrong shape; the message names the source and what is expected.
 */
export async function loadConfig<R extends Role>(role: R, sources: ConfigSources): Promise<RoleConfigs[R]> {
  const effective = await describeConfig(role, sources);
  return Object.fromEntries(effective.map(({ key, value }) => [key, value])) as unknown as RoleConfigs[R];
}

/** Every setting of `role` with its value and source. Nothing needs redacting: secrets are only ever named by file. */
export async function describeConfig(role: Role, sources: ConfigSources): Promise<EffectiveValue[]> {
  const env = sources.env ?? {};
  refuseUnknownVariables(env);
  const flags = parseFlags(role, sources.argv ?? []);
  const path = flags["config"] ?? env["MILLRACE_CONFIG"] ?? sources.file;
  const namedBy =
    flags["config"] !== undefined ? "--config" : env["MILLRACE_CONFIG"] !== undefined ? "MILLRACE_CONFIG" : "--file";
  const file = path === undefined ? {} : await readKnownKeys(role, path, namedBy);
  const { checkSetting } = await import("./setting-schema.ts");
  return settingsOf(role).map((setting) => {
    const found = firstValue(setting, flags, env, file, path);
    if (found === undefined) {
      return { key: setting.key, value: setting.default, source: "default", help: setting.help };
    }
    const checked = checkSetting(setting.kind, found.raw);
    if ("problem" in checked) {
      throw new ServiceError("USAGE", `${setting.key} (${found.source}): ${checked.problem}`);
    }
    return { key: setting.key, value: checked.value, source: found.source, help: setting.help };
  });
}

function firstValue(
  setting: Setting,
  flags: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string | undefined>>,
  file: Readonly<Record<string, unknown>>,
  path: string | undefined,
): { raw: unknown; source: string } | undefined {
  const flag = flagName(setting);
  if (flags[flag] !== undefined) return { raw: flags[flag], source: `flag --${flag}` };
  const variable = environmentName(setting);
  if (env[variable] !== undefined) return { raw: env[variable], source: variable };
  const fromFile = file[setting.key];
  if (fromFile !== undefined && fromFile !== null) return { raw: fromFile, source: `file ${path}` };
  return undefined;
}

function parseFlags(role: Role, argv: readonly string[]): Record<string, string> {
  const names = [...settingsOf(role).map(flagName), "config"];
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" as const }]));
  try {
    const { values } = parseArgs({ args: [...argv], options, strict: true, allowPositionals: false });
    return values as Record<string, string>;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServiceError("USAGE", `${reason} (flags of ${role}: ${names.map((name) => `--${name}`).join(" ")})`);
  }
}

/** A variable of another role is fine: one environment may serve a whole machine. */
function refuseUnknownVariables(env: Readonly<Record<string, string | undefined>>): void {
  const known = new Set([...settings.map(environmentName), ...OTHER_VARIABLES]);
  const unknown = Object.keys(env).filter((name) => name.startsWith("MILLRACE_") && !known.has(name));
  if (unknown.length === 0) return;
  throw new ServiceError("USAGE", `unknown variable ${unknown.join(", ")}; known: ${[...known].join(" ")}`);
}

async function readKnownKeys(role: Role, path: string, source: string): Promise<Record<string, unknown>> {
  const content = await readConfigFile(path, source);
  const known = settingsOf(role).map((setting) => setting.key);
  const unknown = Object.keys(content).filter((key) => !known.includes(key));
  if (unknown.length === 0) return content;
  throw new ServiceError("USAGE", `unknown key ${unknown.join(", ")} in ${path}; known: ${known.join(" ")}`);
}
