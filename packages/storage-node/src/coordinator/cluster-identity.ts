/**
 * The cluster this disk belongs to: one line in `cluster-id`, written once, before the node does anything for the
 * cluster. A disk of another cluster is refused by whoever it talks to.
 */
import { ServiceError } from "@millrace/base";
import type { Disk } from "@millrace/log-store";

const FILE = "cluster-id";

/** See the file comment. */
export class ClusterIdentity {
  readonly #disk: Disk;
  readonly #directory: string;
  #clusterId: string;

  private constructor(disk: Disk, directory: string, clusterId: string) {
    this.#disk = disk;
    this.#directory = directory;
    this.#clusterId = clusterId;
  }

  /** Reads the id, empty on a disk that never registered. */
  static async load(disk: Disk, directory: string): Promise<ClusterIdentity> {
    try {
      const known = (await disk.list(directory)).includes(FILE);
      return new ClusterIdentity(disk, directory, known ? await readLine(disk, `${directory}/${FILE}`) : "");
    } catch (thrown) {
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
    const path = `${this.#directory}/${FILE}`;
    await this.#disk.remove(`${path}.new`);
    const file = await this.#disk.open(`${path}.new`, "create");
    try {
      await file.write([Buffer.from(`${clusterId}\n`)], 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await this.#disk.rename(`${path}.new`, path);
    await this.#disk.syncDirectory(this.#directory);
    this.#clusterId = clusterId;
  }
}

async function readLine(disk: Disk, path: string): Promise<string> {
  const file = await disk.open(path, "read");
  try {
    const bytes = Buffer.alloc(await file.sizeBytes());
    await file.read(bytes, 0);
    return bytes.toString().trim();
  } finally {
    await file.close();
  }
}
