/** The `millrace` command. Each command declares itself here cheaply; what it needs is loaded when it runs. */
import { ServiceError } from "@millrace/base";
import { exitCodes, productVersion } from "@millrace/runtime";
import { Command, CommanderError } from "./command-line.ts";
import { configCommand } from "./commands/config.ts";
import { metadataCommand } from "./commands/metadata.ts";
import { clusterCommand, nodeCommand, shardCommand, streamCommand } from "./commands/operate.ts";
import { produceCommand } from "./commands/produce.ts";
import { sampleCommand } from "./commands/sample.ts";
import { tailCommand } from "./commands/tail.ts";
import { upCommand } from "./commands/up.ts";
import { workerCommand } from "./commands/worker-exec.ts";
import { workersCommand } from "./commands/workers.ts";
import { endWhenReaderGoes } from "./stream/write-lines.ts";

endWhenReaderGoes(process.stdout);
// The AWS SDK's advice to its own users about future Node versions is none for users of a command.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

const program = new Command("millrace")
  .description("The open, self-hosted Amazon Kinesis.")
  .version(productVersion)
  .showHelpAfterError("(add --help for the options)")
  .addHelpText(
    "after",
    `
Examples:
  millrace up                                             a three-node cluster on this machine
  millrace sample access-log | millrace produce demo --create 4
  millrace tail demo --from trim-horizon --count 10
  millrace cluster status                                 how its nodes and shards are

Environment:
  MILLRACE_ENDPOINT   endpoint of produce and tail (default http://127.0.0.1:4567)
  AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS profiles   as in every AWS tool

Exit codes: ${exitCodes.clean} done, ${exitCodes.failed} failed, ${exitCodes.usage} wrong use or configuration, ${exitCodes.interrupted} stopped by Ctrl-C before the end.`,
  );
// One after the other, because subcommands inherit the settings that exist when they are added.
program.exitOverride();
const commands = [
  upCommand(),
  workerCommand(),
  produceCommand(),
  tailCommand(),
  clusterCommand(),
  nodeCommand(),
  shardCommand(),
  streamCommand(),
  metadataCommand(),
  workersCommand(),
  sampleCommand(),
  configCommand(),
];
for (const command of commands) {
  command.copyInheritedSettings(program);
  for (const part of command.commands) part.copyInheritedSettings(command);
  program.addCommand(command);
}

try {
  await program.parseAsync();
} catch (thrown) {
  if (thrown instanceof CommanderError) {
    // Commander has printed its message already; help and version are no failures.
    process.exitCode = thrown.exitCode === 0 ? exitCodes.clean : exitCodes.usage;
  } else {
    const error = ServiceError.from(thrown);
    process.stderr.write(`millrace: ${error.message.replace(/^[A-Z_]+: /, "")}\n`);
    process.exitCode = error.code === "USAGE" ? exitCodes.usage : exitCodes.failed;
  }
}
