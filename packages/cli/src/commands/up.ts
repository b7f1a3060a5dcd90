/** `millrace up`: a whole cluster on this machine. */
import { Command, Option, wholeNumber } from "../command-line.ts";
import type { UpRequest } from "../cluster/up-options.ts";

/** The command; its work is in `cluster/`. */
export function upCommand(): Command {
  return new Command("up")
    .description("start a cluster on this machine and keep it running until Ctrl-C")
    .option(
      "--nodes <count>",
      "storage nodes, in zones a, b, c in turn (default: those of the data directory, at least 3)",
      wholeNumber("--nodes", 1, 99),
    )
    .option(
      "--coordinators <count>",
      "coordinators, of which one is elected; above 1 with --etcd",
      wholeNumber("--coordinators", 1, 9),
      1,
    )
    .addOption(
      new Option("--etcd <urls>", "keep the metadata in this etcd, http://host:port, comma-separated").argParser(
        (text: string) => text.split(",").filter((url) => url !== ""),
      ),
    )
    .option("--etcd-prefix <prefix>", "what this cluster's keys in etcd begin with", "/millrace")
    .option("--port <port>", "port of the Kinesis API; 0 chooses a free one", wholeNumber("--port", 0, 65_535), 4567)
    .option(
      "--grpc-port <port>",
      "port of the gRPC API; 0 chooses a free one (default: 4568, a free one when that is taken)",
      wholeNumber("--grpc-port", 0, 65_535),
    )
    .option("--data-dir <directory>", "where everything is kept", "./.millrace")
    .addOption(
      new Option("--single", "one process and one copy: starts fastest, survives nothing")
        .default(false)
        .conflicts(["nodes", "coordinators", "etcd"]),
    )
    .addOption(
      new Option("--limits <limits>", "AWS's quotas and rates, or none").choices(["aws", "off"]).default("aws"),
    )
    .option("--tls", "https with a self-signed certificate, made in the data directory", false)
    .option("--json", "print one line of JSON instead of the screen", false)
    .addHelpText(
      "after",
      `
Examples:
  millrace up                          three nodes, data under ./.millrace
  millrace up --single --port 0        one process on a free port
  millrace up --json --data-dir /tmp/a for scripts: one JSON line once requests are served
  millrace up --coordinators 3 --etcd http://127.0.0.1:2379   survives the loss of a coordinator

A killed process is started again with its port and data. The first Ctrl-C stops everything in order, the second at once.`,
    )
    .action(async (options: UpRequest) => {
      const { up } = await import("../cluster/up.ts");
      await up(options);
    });
}
