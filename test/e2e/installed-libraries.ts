/**
 * A folder outside the repository with our libraries in it as `npm install` would put them there: unpacked from what `npm pack`
 * makes, and beside them what their package files ask for and nothing else.
 */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { temporaryDirectory, type TemporaryDirectory } from "@millrace/testkit";
import { awsEnvironment, repository, run, type CommandResult } from "./run-command.ts";

interface PackageFile {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** What every TypeScript project has beside its dependencies. */
const FOR_TYPESCRIPT = ["@types/node"];

/** See the file comment. `names` are packages of this repository without their scope; what they need of it comes too. */
export async function installLibraries(names: readonly string[]): Promise<TemporaryDirectory> {
  const directory = temporaryDirectory();
  const ours = new Set(names);
  const others = new Set(FOR_TYPESCRIPT);
  for (const name of ours) {
    const path = join(repository, "packages", name, "package.json");
    const { dependencies = {}, peerDependencies = {} } = JSON.parse(readFileSync(path, "utf8")) as PackageFile;
    for (const each of Object.keys({ ...dependencies, ...peerDependencies })) {
      if (each.startsWith("@millrace/")) ours.add(each.slice("@millrace/".length));
      else others.add(each);
    }
  }
  const modules = join(directory.path, "node_modules");
  mkdirSync(join(modules, "@millrace"), { recursive: true });
  const workspaces = [...ours].flatMap((name) => ["--workspace", `@millrace/${name}`]);
  await succeed("npm", ["pack", "--silent", "--pack-destination", directory.path, ...workspaces]);
  for (const name of ours) {
    const target = join(modules, "@millrace", name);
    mkdirSync(target);
    const archive = join(directory.path, `millrace-${name}-0.1.0.tgz`);
    await succeed("tar", ["-xzf", archive, "-C", target, "--strip-components=1"]);
  }
  for (const name of others) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(repository, "node_modules", name), join(modules, name));
  }
  writeFileSync(join(directory.path, "package.json"), JSON.stringify({ name: "application", type: "module" }));
  return directory;
}

/** Compiles `file` of `directory` as a strict project of its own would, and answers the compiler's words: none when all is well. */
export async function compile(directory: string, file: string): Promise<string> {
  const compiler = join(repository, "node_modules/typescript/bin/tsc");
  const options = ["--strict", "--module", "nodenext", "--target", "es2022", "--types", "node"];
  const { stdout } = await run(process.execPath, [compiler, ...options, file], { cwd: directory });
  return stdout.toString();
}

/** Runs `file` of `directory` with plain Node; ends it by SIGTERM once it has printed `endAfter`, when that is given. */
export function runInstalled(directory: string, file: string, endAfter?: string): Promise<CommandResult> {
  // The SDK's advice about future Node versions is none of ours.
  const env = { ...awsEnvironment, NODE_OPTIONS: "", AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };
  return run(process.execPath, [file], { cwd: directory, env, ...(endAfter === undefined ? {} : { endAfter }) });
}

async function succeed(command: string, args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await run(command, args, { env: { ...process.env, NODE_OPTIONS: "" } });
  if (exitCode !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
}
