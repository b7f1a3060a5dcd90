/**
 * What a backup consists of: `manifest.json` and the pieces it names, `shards/<index>/<first offset>.frames`, each a run of
 * whole frames as in `docs/formats/frame.md`. The manifest is written last: a backup that was interrupted is the one before
 * it. A later backup of the same stream adds pieces and replaces the manifest.
 */
import { ServiceError } from "@millrace/base";
import type { StreamBackup } from "@millrace/coordinator";
import type { BackupStore } from "./backup-store.ts";

/** Version of the layout. */
export const BACKUP_FORMAT = 1;
const MANIFEST = "manifest.json";

/** A run of frames of one shard. */
export interface BackupPiece {
  readonly key: string;
  readonly fromOffset: number;
  readonly toOffset: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** See the file comment. Pieces are by shard index, in order, without gaps. */
export interface BackupManifest extends StreamBackup {
  readonly format: number;
  readonly takenMs: number;
  readonly pieces: Readonly<Record<string, readonly BackupPiece[]>>;
}

/** Undefined when there is no backup. Errors: DAMAGED when it is none of ours, USAGE when it is of a later version. */
export async function readManifest(store: BackupStore): Promise<BackupManifest | undefined> {
  const bytes = await store.get(MANIFEST);
  if (bytes === undefined) return undefined;
  let manifest: Partial<BackupManifest>;
  try {
    manifest = JSON.parse(bytes.toString()) as Partial<BackupManifest>;
  } catch (error) {
    throw new ServiceError("DAMAGED", `${MANIFEST} is not JSON`, { cause: error });
  }
  if (manifest.format !== BACKUP_FORMAT) {
    throw new ServiceError("USAGE", `the backup is of format ${String(manifest.format)}, this is ${BACKUP_FORMAT}`);
  }
  return manifest as BackupManifest;
}

/** From here on the backup is what `manifest` says. */
export function writeManifest(store: BackupStore, manifest: BackupManifest): Promise<void> {
  return store.put(MANIFEST, Buffer.from(`${JSON.stringify(manifest, undefined, 1)}\n`));
}

/** Name of a piece. */
export function pieceKey(shardIndex: number, fromOffset: number): string {
  return `shards/${String(shardIndex).padStart(12, "0")}/${String(fromOffset).padStart(16, "0")}.frames`;
}
