/** The AWS SDKs of other languages, through every data operation and SubscribeToShard, without and with TLS. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchCluster, type LaunchedCluster } from "@millrace/testkit";
import { run, awsEnvironment } from "../e2e/run-command.ts";
import { expectEveryOperation, stepsOf } from "./every-operation.ts";
import { goProgram, javaProgram, javaTrust, pythonProgram, rustProgram, type Program } from "./toolchain.ts";

const BUILD_TIMEOUT_MS = 400_000;

interface Sdk {
  readonly name: string;
  readonly consumer: string;
  readonly program: () => Promise<Program>;
  readonly lastArgs?: readonly string[];
}

const java = (): Promise<Program> => javaProgram("sdk", "EveryOperation");
const sdks: readonly Sdk[] = [
  { name: "Python", consumer: "python", program: pythonProgram },
  { name: "Go v2", consumer: "go", program: goProgram },
  { name: "Java v2, synchronous", consumer: "java", program: java, lastArgs: ["sync"] },
  { name: "Java v2, asynchronous", consumer: "java", program: java, lastArgs: ["async"] },
  { name: "Rust", consumer: "rust", program: rustProgram },
];

const clusters = [
  { scheme: "http", options: { nodes: 3 } },
  { scheme: "https", options: { single: true, tls: true } },
];

describe.each(clusters)("$scheme", ({ options }) => {
  let cluster: LaunchedCluster;
  let streams = 0;

  beforeAll(async () => {
    cluster = await launchCluster({ ...options, limits: "off" });
  });

  afterAll(async () => {
    await cluster.stop();
  });

  for (const sdk of sdks) {
    test(`the AWS SDK for ${sdk.name}`, { timeout: BUILD_TIMEOUT_MS }, async ({ skip }) => {
      const program = await sdk.program();
      if ("absent" in program) return skip(program.absent);
      const stream = `sdk-${(streams += 1)}`;
      const { certificateFile } = cluster;
      const trust = certificateFile !== null && program.command === "java" ? await javaTrust(certificateFile) : [];
      const args = [...trust, ...program.args, cluster.endpoint, stream, ...(sdk.lastArgs ?? [])];
      const env = certificateFile === null ? {} : { AWS_CA_BUNDLE: certificateFile };
      const result = await run(program.command, args, { env: { ...awsEnvironment, ...env } });
      expect({ exitCode: result.exitCode, stderr: result.stderr }).toEqual({ exitCode: 0, stderr: "" });
      return expectEveryOperation(stepsOf(result.stdout), stream, sdk.consumer);
    });
  }
});
