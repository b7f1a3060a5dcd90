/** `millrace workers`: the leases and checkpoints of an application of `@millrace/worker`. */
import { Command } from "../command-line.ts";
import type { LeaseChangeOptions, LeaseListOptions, LeaseResetOptions } from "../worker/lease-commands.ts";

/** List, release, reset. */
export function workersCommand(): Command {
  return new Command("workers")
    .description("leases and checkpoints of an application, in Redis")
    .addCommand(
      ofApplication(new Command("list").description("every lease: owner, checkpoint, how far behind; and the workers"))
        .option("--endpoint <url>", "endpoint of the API (default: MILLRACE_ENDPOINT, or http://127.0.0.1:4567)")
        .option("--region <region>", "AWS region (default: AWS_REGION, or us-east-1)")
        .option("--no-lag", "do not ask the API how far behind each shard is")
        .option("--json", "one JSON object a lease", false)
        .action(async (application: string, options: LeaseListOptions) => {
          await (await import("../worker/lease-commands.ts")).listLeases(application, options);
        }),
    )
    .addCommand(
      ofLease(new Command("release").description("take a lease from its owner; the checkpoint stays")).action(
        async (application: string, stream: string, shard: string, options: LeaseChangeOptions) => {
          await (await import("../worker/lease-commands.ts")).releaseLease({ application, stream, shard }, options);
        },
      ),
    )
    .addCommand(
      ofLease(new Command("reset").description("set a checkpoint, forward or back"))
        .requiredOption(
          "--to <position>",
          "trim-horizon, latest, a time such as 2026-01-31T12:00:00Z, or the sequence number of the last record that is done",
        )
        .action(async (application: string, stream: string, shard: string, options: LeaseResetOptions) => {
          await (await import("../worker/lease-commands.ts")).resetLease({ application, stream, shard }, options);
        }),
    )
    .addHelpText(
      "after",
      `
A lease is changed while no worker of the application runs, or at any time with --force: its owner then stops reading the shard.

Examples:
  millrace workers list orders-app
  millrace workers reset orders-app orders shardId-000000000003 --to trim-horizon`,
    );
}

function ofLease(command: Command): Command {
  return ofApplication(command)
    .argument("<stream>", "name of the stream, as the application names it")
    .argument("<shard>", "id or number of the shard")
    .option("--force", "although workers of the application run", false);
}

function ofApplication(command: Command): Command {
  return command
    .argument("<application>", "name of the application")
    .option("--redis <url>", "where its leases are (default: MILLRACE_REDIS, or redis://127.0.0.1:6379)")
    .option("--key-prefix <prefix>", "first part of its keys in Redis", "millrace");
}
