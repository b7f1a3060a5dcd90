/** `millrace metadata`: what the coordinator knows, as a file, and its way into etcd. */
import { Command, Option } from "../command-line.ts";
import type { PlaceOptions } from "../metadata/metadata-place.ts";

/** The command; its work is in `metadata/`. */
export function metadataCommand(): Command {
  return new Command("metadata")
    .description("export, import, verify and move the metadata of a cluster (docs/operations/coordinators.md)")
    .addCommand(
      withPlace(new Command("export").description("write them to a file; from etcd also while coordinators run"))
        .argument("<file>", "- for standard output")
        .action(async (file: string, options: PlaceOptions) => {
          await (await import("../metadata/metadata-commands.ts")).exportTo(file, options);
        }),
    )
    .addCommand(
      withPlace(new Command("import").description("put a file's metadata where there are none yet"))
        .argument("<file>")
        .action(async (file: string, options: PlaceOptions) => {
          await (await import("../metadata/metadata-commands.ts")).importFrom(file, options);
        }),
    )
    .addCommand(
      withPlace(new Command("verify").description("compare a file with what is there, record by record"))
        .argument("<file>")
        .action(async (file: string, options: PlaceOptions) => {
          await (await import("../metadata/metadata-commands.ts")).verify(file, options);
        }),
    )
    .addCommand(
      withPlace(
        new Command("move").description("from a stopped coordinator's directory into etcd: export, import, verify"),
      ).action(async (options: PlaceOptions) => {
        await (await import("../metadata/metadata-commands.ts")).move(options);
      }),
    );
}

function withPlace(command: Command): Command {
  return command
    .option(
      "--data-dir <directory>",
      "of `millrace up` or of a coordinator, which must not run (export, verify: ./.millrace)",
    )
    .option("--json", "JSON on standard output instead of words on standard error", false)
    .addOption(new Option("--etcd <urls>", "etcd, http://host:port, comma-separated").env("MILLRACE_ETCD_ENDPOINTS"))
    .addOption(
      new Option("--etcd-prefix <prefix>", "what the cluster's keys begin with")
        .env("MILLRACE_ETCD_PREFIX")
        .default("/millrace"),
    );
}
