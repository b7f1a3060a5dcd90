/**
 * The cluster this disk belongs to: one line in `cluster-id`, written once, before the node does anything for the
 * cluster. A disk of another cluster is refused by whoever it talks to.
 */
import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { ServiceError } from "@millrace/base";

const FILE = "cluster-id";

/** See the file comment. */
export class ClusterIdentity {
  readonly #directory: string;
  #clusterId: string;

  private constructor(directory: string, clusterId: string) {
    this.#directory = directory;
    this.#clusterId = clusterId;
  }

  /** Reads the id, empty on a disk that never registered. */
  static async load(directory: string): Promise<ClusterIdentity> {
    try {
      return new ClusterIdentity(directory, (await readFile(join(directory, FILE), "utf8")).trim());
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return new ClusterIdentity(directory, "");
      throw ServiceError.from(thrown);
    }
  }

  /** Empty until the first registration. */
  get clusterId(): string {
    return this.#clusterId;
  }

  /** Stores the id durably, or confirms it. CONFLICT when this disk belongs to another cluster. */
  async adopt(clusterId: string): Promise<void> {
    if (this.#clusterId === clusterId) return;
    if (this.#clusterId !== "") {
      throw new ServiceError("CONFLICT", `this disk belongs to cluster ${this.#clusterId}, not ${clusterId}`);
    }
    const path = join(this.#directory, FILE);
    const file = await open(`${path}.new`, "w");
    try {
      await file.writeFile(`${clusterId}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
    const directory = await open(this.#directory, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
    this.#clusterId = clusterId;
  }
}
