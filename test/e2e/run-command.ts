/** Runs other people's programs and ours, with their output. */
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";

/** What a finished program left behind. */
export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** The repository's top directory. */
export const repository: string = join(import.meta.dirname, "../..");

/** Environment with dummy credentials, as a stranger without an account would set them. */
export const awsEnvironment: NodeJS.ProcessEnv = {
  ...process.env,
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "secret",
  AWS_DEFAULT_REGION: "us-east-1",
  AWS_REGION: "us-east-1",
  AWS_PAGER: "",
};

/** How a program is run. */
export interface RunOptions {
  readonly stdin?: string | Buffer;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Called with everything on standard error so far, each time there is more. */
  readonly onStderr?: (text: string) => void;
  /** The program is asked to end (SIGTERM) once its standard output holds this. */
  readonly endAfter?: string;
}

/** Runs `command` to its end. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: options.cwd ?? repository, env: options.env ?? awsEnvironment });
    const stdout: Buffer[] = [];
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout.push(chunk);
      if (options.endAfter !== undefined && Buffer.concat(stdout).includes(options.endAfter)) child.kill("SIGTERM");
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
      options.onStderr?.(stderr);
    });
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ exitCode, stdout: Buffer.concat(stdout), stderr }));
    child.stdin.end(options.stdin ?? "");
  });
}

/** Runs the built `millrace` command. */
export function millrace(args: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
  return run(process.execPath, [join(repository, "packages/cli/bin/millrace.js"), ...args], options);
}

/** Whether a program can be started here at all: clients of others are run where they are installed. */
export function isInstalled(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}
