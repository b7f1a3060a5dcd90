/** `millrace node`, `millrace cluster`, `millrace shard`, `millrace stream`: operating a cluster that runs. */
import { Command, wholeNumber } from "../command-line.ts";
import type { BackupOptions } from "../backup/backup-stream.ts";
import type { RestoreOptions } from "../backup/restore-stream.ts";
import type { ClusterOptions } from "../operate/find-coordinator.ts";
import type { NodeOptions } from "../operate/node-commands.ts";
import type { ShardOptions } from "../operate/shard-commands.ts";

type Waiting = { readonly wait: boolean; readonly timeout: number };

/** Nodes: list, drain, undrain, decommission. */
export function nodeCommand(): Command {
  const change = (name: "drain" | "undrain" | "decommission", description: string): Command =>
    withWait(withCluster(new Command(name).description(description)))
      .argument("<node>", "name in `millrace up`, address, id, or the beginning of the id")
      .action(async (node: string, options: NodeOptions) => {
        const { changeNode } = await import("../operate/node-commands.ts");
        await changeNode(`node.${name}`, node, options);
      });
  return new Command("node")
    .description("the storage nodes of a running cluster")
    .addCommand(
      withCluster(new Command("list").description("every node: zone, state, leaders, copies, space"))
        .option("--all", "decommissioned nodes too", false)
        .action(async (options: ClusterOptions & { all: boolean }) =>
          (await import("../operate/node-commands.ts")).listNodes(options),
        ),
    )
    .addCommand(change("drain", "move its leaders away and give it no more copies; it keeps those it has"))
    .addCommand(change("undrain", "make it a full member again, also during a decommission"))
    .addCommand(change("decommission", "move everything away from it, for good"));
}

/** The cluster: status, finalize, health. */
export function clusterCommand(): Command {
  return new Command("cluster")
    .description("how a running cluster is")
    .addCommand(
      withCluster(new Command("status").description("nodes, and shards that need attention")).action(
        async (options: ClusterOptions) => (await import("../operate/cluster-commands.ts")).clusterStatus(options),
      ),
    )
    .addCommand(
      withCluster(
        new Command("finalize").description("after an upgrade: use what is new, and let no older release in again"),
      ).action(async (options: ClusterOptions) =>
        (await import("../operate/cluster-commands.ts")).finalizeCluster(options),
      ),
    )
    .addCommand(
      withWait(
        withCluster(new Command("health").description("ends with 0 when every shard has all its copies level")),
      ).action(async (options: ClusterOptions & Waiting) => {
        const { clusterHealth } = await import("../operate/cluster-commands.ts");
        await clusterHealth(options);
      }),
    );
}

/** Shards: inspect, move, resume, verify. */
export function shardCommand(): Command {
  return new Command("shard")
    .description("the shards of a running cluster and their copies")
    .addCommand(
      ofStream(new Command("inspect").description("leader, epoch and copies of a shard, or of all of a stream"))
        .argument("[shard]", "its id or number")
        .action(async (stream: string, shard: string | undefined, options: ShardOptions) => {
          await (await import("../operate/shard-commands.ts")).inspectShards(stream, shard, options);
        }),
    )
    .addCommand(
      withWait(ofStream(new Command("move").description("move one copy of a shard to another node")))
        .argument("<shard>", "its id or number")
        .requiredOption("--to <node>", "the node that is to hold it")
        .option("--from <node>", "the node whose copy moves; may be left out when only one can")
        .action(
          async (stream: string, shard: string, options: ShardOptions & Waiting & { to: string; from?: string }) => {
            await (await import("../operate/shard-commands.ts")).moveShard(stream, shard, options);
          },
        ),
    )
    .addCommand(
      ofStream(new Command("resume").description("let a copy that has stopped itself go on; it is copied anew"))
        .argument("<shard>", "its id or number")
        .requiredOption("--node <node>", "the node that holds the stopped copy")
        .option("--keep-log", "vouch for its log, for when no other copy is left", false)
        .action(async (stream: string, shard: string, options: ShardOptions & { node: string; keepLog: boolean }) => {
          await (await import("../operate/shard-commands.ts")).resumeShard(stream, shard, options);
        }),
    )
    .addCommand(
      ofStream(new Command("verify").description("read every frame of every copy and compare them"))
        .argument("[shard]", "its id or number; all of the stream when absent")
        .action(async (stream: string, shard: string | undefined, options: ShardOptions) => {
          await (await import("../operate/shard-commands.ts")).verifyShards(stream, shard, options);
        }),
    );
}

/** Streams: backup, restore. */
export function streamCommand(): Command {
  const endpoint = "endpoint of the S3-compatible store (default: AWS's)";
  return new Command("stream")
    .description("backup and restore of a stream while the cluster runs")
    .addCommand(
      ofStream(new Command("backup").description("write all that is committed to a directory or bucket"))
        .requiredOption(
          "--to <place>",
          "a directory, or s3://bucket/prefix; a backup of the same stream there is added to",
        )
        .option("--s3-endpoint <url>", endpoint)
        .action(async (stream: string, options: BackupOptions) => {
          await (await import("../backup/backup-stream.ts")).backupStream(stream, options);
        }),
    )
    .addCommand(
      withCluster(new Command("restore").description("make a stream of a backup, sequence numbers as they were"))
        .argument("<place>", "the directory or s3://bucket/prefix of the backup")
        .option("--name <stream>", "another name than it had")
        .option("--s3-endpoint <url>", endpoint)
        .option("--abandon", "give an unfinished restore up and delete what is there", false)
        .action(async (place: string, options: RestoreOptions) => {
          await (await import("../backup/restore-stream.ts")).restoreStream(place, options);
        }),
    );
}

function ofStream(command: Command): Command {
  return withCluster(command)
    .argument("<stream>", "name of the stream")
    .option("--account <id>", "account of the stream, where the name is not enough")
    .option("--region <region>", "region of the stream, where the name is not enough");
}

function withCluster(command: Command): Command {
  return command
    .option("--data-dir <directory>", "directory of the `millrace up` that runs the cluster", "./.millrace")
    .option("--coordinator <host:port>", "coordinators, comma-separated (or MILLRACE_COORDINATORS)")
    .option("--json", "JSON instead of tables", false);
}

function withWait(command: Command): Command {
  return command
    .option("--wait", "stay until it is done", false)
    .option("--timeout <seconds>", "how long --wait waits", wholeNumber("--timeout", 1, 1_000_000), 600);
}
