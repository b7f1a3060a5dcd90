/** `millrace config`: what a process would run with, and why. */
import { describeConfig, environmentName, flagName, roles, settingsOf, type Role } from "@millrace/runtime";
import { ServiceError } from "@millrace/base";
import { Command } from "../command-line.ts";

/** The command. Everything after `--` is read as the flags of that role. */
export function configCommand(): Command {
  return new Command("config")
    .description("print the effective configuration of a process, where each value comes from, and how to set it")
    .argument("[role]", roles.join(", "))
    .argument("[flags...]", "after --: flags of that role")
    .option("--file <yaml>", "a configuration file")
    .option("--json", "one JSON object a role", false)
    .addHelpText("after", "\nExample:\n  MILLRACE_LIMITS=off millrace config gateway -- --port 4568")
    .action(async (role: string | undefined, argv: string[], options: { file?: string; json: boolean }) => {
      for (const each of role === undefined ? roles : [asRole(role)]) await print(each, argv, options);
    });
}

async function print(role: Role, argv: readonly string[], options: { file?: string; json: boolean }): Promise<void> {
  const file = options.file === undefined ? {} : { file: options.file };
  const effective = await describeConfig(role, { argv, env: process.env, ...file });
  if (options.json) {
    const values = Object.fromEntries(effective.map(({ key, value, source }) => [key, { value, source }]));
    process.stdout.write(`${JSON.stringify({ role, values })}\n`);
    return;
  }
  const names = new Map(settingsOf(role).map((setting) => [setting.key, setting]));
  process.stdout.write(`# ${role}\n`);
  for (const { key, value, source, help } of effective) {
    const setting = names.get(key);
    const how = setting === undefined ? "" : `  [--${flagName(setting)}, ${environmentName(setting)}]`;
    process.stdout.write(`${key}: ${JSON.stringify(value)}  # ${source}; ${help}${how}\n`);
  }
}

function asRole(text: string): Role {
  const role = roles.find((known) => known === text);
  if (role === undefined) throw new ServiceError("USAGE", `unknown role "${text}"; known: ${roles.join(", ")}`);
  return role;
}
