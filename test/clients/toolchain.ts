/**
 * Programs in other languages under test/clients, fetched and built once per test file. Where a compiler is absent, or its
 * libraries cannot be fetched, there is a reason to skip instead; `make clients` sets EVERY_CLIENT=1 and takes no excuse.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isInstalled, run } from "../e2e/run-command.ts";

/** Whether every client has to run: `make clients` against `make test`. */
export const everyClient: boolean = process.env["EVERY_CLIENT"] === "1";

/** A program and its first arguments. */
export interface RunnableProgram {
  readonly command: string;
  readonly args: readonly string[];
}

/** A program that can be run, or why it cannot. */
export type Program = RunnableProgram | { readonly absent: string };

const directory = import.meta.dirname;
const built = new Map<string, Promise<Program>>();

function once(name: string, build: () => Promise<Program>): Promise<Program> {
  const running = built.get(name) ?? build();
  built.set(name, running);
  return running;
}

function absent(reason: string): Program {
  if (everyClient) throw new Error(reason);
  return { absent: reason };
}

async function succeed(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  const result = await run(command, args, { cwd, env: { ...process.env, ...env } });
  if (result.exitCode === 0) return;
  throw new Error(`${command} ${args.join(" ")}: ${result.stderr}${result.stdout.toString()}`.slice(-4000));
}

async function fetched(command: string, args: readonly string[], cwd: string): Promise<boolean> {
  return (await run(command, args, { cwd, env: process.env })).exitCode === 0;
}

/** The Python program of this folder, with boto3. */
export function pythonProgram(): Promise<Program> {
  return once("python", async () =>
    isInstalled("python3", ["-c", "import boto3"])
      ? { command: "python3", args: [join(directory, "python/every_operation.py")] }
      : absent("python3 with boto3 is not installed"),
  );
}

/** The Go program of this folder. */
export function goProgram(): Promise<Program> {
  return once("go", async () => {
    const cwd = join(directory, "go");
    if (!isInstalled("go", ["version"])) return absent("go is not installed");
    if (!(await fetched("go", ["mod", "download"], cwd))) return absent("the libraries for Go cannot be fetched");
    const binary = join(cwd, "dist/every-operation");
    await succeed("go", ["build", "-o", binary, "."], cwd, {});
    return { command: binary, args: [] };
  });
}

/** The Rust program of this folder. Its libraries take minutes to compile, so only `make clients` does. */
export function rustProgram(): Promise<Program> {
  return once("rust", async () => {
    const cwd = join(directory, "rust");
    if (!everyClient) return absent("make clients runs it: its libraries take minutes to compile");
    if (!isInstalled("cargo", ["--version"])) return absent("cargo is not installed");
    await succeed("cargo", ["build", "--quiet"], cwd, { CARGO_TARGET_DIR: join(cwd, "dist") });
    return { command: join(cwd, "dist/debug/every-operation"), args: [] };
  });
}

/** The main class of one of the Maven projects under java/. */
export function javaProgram(project: string, mainClass: string): Promise<Program> {
  return once(`java/${project}/${mainClass}`, async () => {
    const cwd = join(directory, "java", project);
    const classPath = join(cwd, "dist/class-path");
    if (!isInstalled("mvn", ["--version"])) return absent("mvn is not installed");
    const maven = ["--batch-mode", "--quiet", "-Dmdep.outputFile=dist/class-path", "dependency:build-classpath"];
    if (!(await fetched("mvn", maven, cwd))) return absent("the libraries for Java cannot be fetched");
    await succeed("mvn", ["--batch-mode", "--quiet", "compile"], cwd, {});
    const libraries = readFileSync(classPath, "utf8").trim();
    return { command: "java", args: ["-cp", `${join(cwd, "dist/classes")}:${libraries}`, mainClass] };
  });
}

/** Options that make a Java program trust `certificateFile`, the way every JVM is told to: a trust store of its own. */
export async function javaTrust(certificateFile: string): Promise<string[]> {
  const cwd = join(directory, "java/dist");
  mkdirSync(cwd, { recursive: true });
  const store = join(cwd, "trust.p12");
  if (existsSync(store)) rmSync(store);
  const password = "changeit";
  const what = ["-alias", "millrace", "-file", certificateFile, "-keystore", store];
  const how = ["-noprompt", "-storetype", "PKCS12", "-storepass", password];
  await succeed("keytool", ["-importcert", ...what, ...how], cwd, {});
  return [`-Djavax.net.ssl.trustStore=${store}`, `-Djavax.net.ssl.trustStorePassword=${password}`];
}
